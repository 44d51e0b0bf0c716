"""Django's settings. What differs between installations comes from `environment`; the rest is fixed here."""

import sys
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from . import environment

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENVIRONMENT = environment.read(leaves_no_trace=sys.argv[1:2] == ["doctor"])
except environment.Wrong as wrong:
    if sys.argv and Path(sys.argv[0]).name == "manage.py":
        print(wrong, file=sys.stderr)
        raise SystemExit(2) from None
    raise ImproperlyConfigured(str(wrong)) from None

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "pgtrigger",
    "template_partials",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "devops_sync",
    "dashboard",
]

MIDDLEWARE = [
    "devops_sync.gateway.strangers.FewBodies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "devops_sync.audit.acting.middleware",
    "dashboard.zone.middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "devops_sync.urls"
WSGI_APPLICATION = "devops_sync.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.frame.around",
            ],
            "builtins": [
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "dashboard.templatetags.look",
                "dashboard.templatetags.states",
                "dashboard.templatetags.times",
                "dashboard.templatetags.addresses",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        **ENVIRONMENT.database,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "waybill",
            # psycopg's automatic prepared statements pick generic plans that are far slower on arrays.
            "prepare_threshold": None,
            **ENVIRONMENT.database.get("OPTIONS", {}),  # type: ignore[dict-item]
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "devops_sync.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["devops_sync.hashing.Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
BEHIND_PROXY = ENVIRONMENT.https
OPENID = ENVIRONMENT.openid
SOCIALACCOUNT_ADAPTER = "devops_sync.people.openid.Adapter"
REQUIRE_TWO_FACTOR = ENVIRONMENT.require_two_factor

# A name is locked from one address, so that a stranger can lock nobody out everywhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# Who goes on trying while locked out is locked out no longer for it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "devops_sync.remote.network_of"
AXES_SENSITIVE_PARAMETERS = ["username", "code", "next", "csrfmiddlewaretoken"]
# The audit log has it.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# The sign-in page answers itself where axes would have its middleware do it.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = ENVIRONMENT.data / "static"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Bytes of a body at the gateway. Jira answers 413 from a size on that it does not publish.
LARGEST_BODY = 4 * 1024 * 1024
# The gateway limits what it reads itself; this one guards the forms of the pages.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_ENGINE = "devops_sync.people.sessions"
SESSION_COOKIE_AGE = ENVIRONMENT.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SECURE = ENVIRONMENT.https
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "img-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

CELERY_BROKER_URL = ENVIRONMENT.broker_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_DEFAULT_QUEUE = "waybill"
CELERY_BEAT_SCHEDULE = {
    "ring what is due": {"task": "devops_sync.tasks.sweep", "schedule": 2.0, "options": {"expires": 10}},
}
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}
if ENVIRONMENT.broker_is_embedded:
    _broker = ENVIRONMENT.data / "broker"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.05,
    }
    # The file-system transport has no broadcast worth its price here.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False

ENCRYPTION_KEYS = list(ENVIRONMENT.encryption_keys)
# What would say that the end of the audit log was cut off; it belongs on another machine.
AUDIT_CHECKPOINTS = ENVIRONMENT.data / "audit-checkpoints.ndjson"
JIRA_API_URL = ENVIRONMENT.jira_api_url
ALLOW_PRIVATE_UPSTREAM = ENVIRONMENT.allow_private_upstream
METRICS_TOKEN = ENVIRONMENT.metrics_token

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"sparingly": {"()": "devops_sync.allowances.Sparingly"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["sparingly"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Whoever sends a foreign Host chooses how often: no line for each of them.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # What it says of a malformed answer quotes the answer, and that may quote a secret.
        "urllib3": {"level": "ERROR"},
        # It names whoever could not sign in, and the audit log does so already.
        "axes": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
    },
}
