"""What the migrations 0001 to 0017 make step by step, in one. A database that has some of them takes the rest."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import devops_sync.models.saying
import devops_sync.models.submission


class Trigrams(TrigramExtension):
    """Stays when the migration is taken back: it may have been there before, or belong to somebody else."""

    def database_backwards(self, *args: object, **more: object) -> None:
        """Nothing to take back."""


class Migration(migrations.Migration):
    replaces = [
        ("devops_sync", "0001_lay_the_ledger_down"),
        ("devops_sync", "0002_index_what_the_pages_ask"),
        ("devops_sync", "0003_keep_builds_and_development_information"),
        ("devops_sync", "0004_keep_deletions"),
        ("devops_sync", "0005_keep_first_answers"),
        ("devops_sync", "0006_let_sites_sign_in_as_connect_apps"),
        ("devops_sync", "0007_follow_gates"),
        ("devops_sync", "0008_let_addresses_be_as_long_as_their_ids"),
        ("devops_sync", "0009_keep_what_a_credential_may_do"),
        ("devops_sync", "0010_send_again_confirm_and_sort_rejections"),
        ("devops_sync", "0011_sort_older_rejections"),
        ("devops_sync", "0012_say_what_cannot_be_told"),
        ("devops_sync", "0013_plan_a_million_quickly"),
        ("devops_sync", "0014_let_silence_be_expected"),
        ("devops_sync", "0015_find_texts_and_hashes"),
        ("devops_sync", "0016_remember_hidden_columns"),
        ("devops_sync", "0017_delete_as_before"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        Trigrams(),
        migrations.CreateModel(
            name="Cause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=500, unique=True)),
            ],
            options={
                "db_table": "cause",
            },
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("url", models.URLField(max_length=500)),
                ("api_url", models.URLField(blank=True, max_length=500)),
                ("cloud_id", models.CharField(max_length=100, unique=True)),
                (
                    "auth",
                    models.CharField(
                        choices=[("oauth", "OAuth credential"), ("connect", "Connect app")],
                        default="oauth",
                        max_length=10,
                    ),
                ),
                ("client_id", models.CharField(max_length=255)),
                ("sealed_secret", models.BinaryField()),
                ("is_sandbox", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("capabilities", models.JSONField(default=dict)),
                ("capabilities_at", models.DateTimeField(blank=True, null=True)),
                (
                    "superseding",
                    models.CharField(
                        choices=[("when_many", "When more than 1,000 wait"), ("always", "Always"), ("never", "Never")],
                        default="when_many",
                        help_text="When versions that a later one replaces anyway need not be sent.",
                        max_length=10,
                    ),
                ),
                (
                    "sample_one_in",
                    models.PositiveSmallIntegerField(
                        default=20, help_text="Of how many accepted entries one is read back by itself; 0 reads none."
                    ),
                ),
            ],
            options={
                "db_table": "site",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "hidden_columns",
                    models.JSONField(
                        blank=True, default=dict, help_text="The columns that they do not want to see, by list."
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "db_table": "user",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("api", models.CharField(max_length=20)),
                ("priority", models.SmallIntegerField(choices=[(0, "live"), (1, "resent")], default=0)),
                ("fence", models.BigIntegerField(default=0)),
                ("leased_by", models.CharField(blank=True, max_length=200)),
                ("leased_until", models.DateTimeField(null=True)),
                ("wake_at", models.DateTimeField(null=True)),
                (
                    "slept_at",
                    models.DateTimeField(
                        help_text="When it fell asleep: a clock set back must not keep it so.", null=True
                    ),
                ),
                ("slept_for", models.CharField(blank=True, max_length=500)),
                ("failures", models.IntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("slow_until", models.DateTimeField(help_text="Jira said that its limit is near.", null=True)),
                (
                    "batch_limit",
                    models.SmallIntegerField(
                        help_text="Entities in a request that Jira did not find too large.", null=True
                    ),
                ),
                ("batch_limit_at", models.DateTimeField(null=True)),
                (
                    "unsettled_until",
                    models.DateTimeField(
                        help_text="Until when a request that nobody read the answer of may still reach Jira.", null=True
                    ),
                ),
                ("unsettled_deletion", models.BooleanField(default=False, help_text="Whether that request deletes.")),
                ("held_at", models.DateTimeField(null=True)),
                ("held_reason", models.CharField(blank=True, max_length=500)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lanes", to="devops_sync.site"
                    ),
                ),
            ],
            options={
                "db_table": "lane",
                "constraints": [models.UniqueConstraint(fields=("site", "api", "priority"), name="lane_is_one_queue")],
            },
        ),
        migrations.CreateModel(
            name="PropertySet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
                ("pairs", models.JSONField()),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.site")),
            ],
            options={
                "db_table": "property_set",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["pairs"], name="property_set_by_pair", opclasses=["jsonb_path_ops"]
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("site", "digest"), name="property_set_is_stored_once")],
            },
        ),
        migrations.CreateModel(
            name="Errand",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(choices=[("resend", "Resend"), ("verify", "Verification")], max_length=10),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("cancelled", "Cancelled"),
                            ("done", "Done"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("what", models.CharField(help_text="What it is about, in a person's words.", max_length=1000)),
                ("with_history", models.BooleanField(default=False, help_text="Also versions that are not current.")),
                (
                    "with_deleted",
                    models.BooleanField(default=False, help_text="Also what was deleted: somebody ticked that."),
                ),
                ("total", models.IntegerField(default=0)),
                ("plan", models.JSONField(default=dict, help_text="How many of which kind, and in how many requests.")),
                ("handled_to", models.BigIntegerField(default=0)),
                (
                    "passed_over",
                    models.IntegerField(default=0, help_text="Planned, but no longer current when its turn came."),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="errands",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="errands", to="devops_sync.site"
                    ),
                ),
            ],
            options={
                "db_table": "errand",
                "indexes": [
                    models.Index(condition=models.Q(("state", "running")), fields=["id"], name="errand_running"),
                    models.Index(fields=["site", "-id"], name="errand_of_site"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("demo", "Demo data")], max_length=20)),
                ("seed", models.BigIntegerField(null=True)),
                ("total", models.IntegerField()),
                ("done", models.IntegerField(default=0)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="devops_sync.site"
                    ),
                ),
            ],
            options={
                "db_table": "run",
            },
        ),
        migrations.CreateModel(
            name="Retirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(choices=[("pipeline", "Pipeline"), ("token", "Token")], max_length=10)),
                (
                    "ident",
                    models.CharField(help_text="The id of the pipeline, or the number of the token.", max_length=255),
                ),
                ("retired_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retirements",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retirements",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "retirement",
                "constraints": [
                    models.UniqueConstraint(fields=("site", "what", "ident"), name="retirement_is_said_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer"),
                            ("release-manager", "Release manager"),
                            ("auditor", "Auditor"),
                            ("admin", "Admin"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="grants", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "grant",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "role", "site"), name="grant_is_given_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["viewer", "release-manager", "auditor", "admin"])),
                        name="grant_role_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), size=None),
                ),
                ("client_id", models.CharField(max_length=64, unique=True)),
                ("secret_hash", models.BinaryField(max_length=32)),
                ("bearer_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tokens", to="devops_sync.site"
                    ),
                ),
            ],
            options={
                "db_table": "token",
                "constraints": [
                    models.UniqueConstraint(fields=("site", "name"), name="token_name_is_unique_in_its_site")
                ],
            },
        ),
        migrations.CreateModel(
            name="Envelope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32)),
                ("fields", models.JSONField()),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.site")),
            ],
            options={
                "db_table": "envelope",
                "constraints": [models.UniqueConstraint(fields=("site", "digest"), name="envelope_is_stored_once")],
            },
        ),
        migrations.CreateModel(
            name="Deletion",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("remote_address", models.GenericIPAddressField(null=True)),
                ("api", models.CharField(max_length=20)),
                ("received_at", models.DateTimeField()),
                ("kind", models.CharField(blank=True, max_length=20)),
                ("key", models.TextField(blank=True)),
                ("properties", models.JSONField(null=True)),
                (
                    "until_sequence",
                    models.BigIntegerField(help_text="Only what has at most this sequence goes.", null=True),
                ),
                (
                    "marked_count",
                    models.IntegerField(default=0, help_text="How many entities it deleted in the ledger."),
                ),
                (
                    "withdrawn_count",
                    models.IntegerField(default=0, help_text="How many entries it kept from being sent."),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("accepted", "Accepted"), ("rejected", "Rejected")],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("outcome_at", models.DateTimeField(null=True)),
                ("errors", models.JSONField(default=list)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deletions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lane",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deletions", to="devops_sync.lane"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deletions", to="devops_sync.site"
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deletions",
                        to="devops_sync.token",
                    ),
                ),
            ],
            options={
                "db_table": "deletion",
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "waiting")), fields=["lane", "id"], name="deletion_waiting"
                    ),
                    models.Index(fields=["site", "-id"], name="deletion_of_site"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("key", ""), ("kind", ""), ("properties__isnull", False)),
                            models.Q(models.Q(("kind", ""), _negated=True), ("properties__isnull", True)),
                            _connector="OR",
                        ),
                        name="deletion_is_by_key_or_by_properties",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fence", models.BigIntegerField()),
                (
                    "entry_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("method", models.CharField(max_length=10)),
                ("url", models.TextField()),
                ("request_headers", models.JSONField()),
                ("request_body", models.BinaryField()),
                ("request_sha256", models.BinaryField(max_length=32)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("status", models.SmallIntegerField(null=True)),
                ("response_headers", models.JSONField(null=True)),
                ("response_body", models.BinaryField(null=True)),
                ("failure", models.TextField(blank=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Unanswered"),
                            ("received", "Answered"),
                            ("split", "Refused whole, sent in halves"),
                            ("refused", "Refused"),
                            ("later", "To be tried later"),
                            ("held", "Held"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "deletion",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="devops_sync.deletion",
                    ),
                ),
                (
                    "lane",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="devops_sync.lane"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "delivery",
                "indexes": [
                    models.Index(fields=["lane", "-id"], name="delivery_of_lane"),
                    models.Index(fields=["lane", "started_at"], name="delivery_of_lane_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=devops_sync.models.submission.time_ordered_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        blank=True,
                        choices=[("", "Received"), ("resend", "Sent again"), ("correction", "Correction")],
                        db_default="",
                        default="",
                        max_length=10,
                    ),
                ),
                ("remote_address", models.GenericIPAddressField(null=True)),
                ("api", models.CharField(max_length=20)),
                ("path", models.CharField(max_length=300)),
                ("received_at", models.DateTimeField()),
                ("validated_at", models.DateTimeField()),
                ("size", models.BigIntegerField()),
                ("sha256", models.BinaryField(max_length=32, null=True)),
                ("raw", models.BinaryField(null=True)),
                ("status", models.SmallIntegerField()),
                ("refusal", models.TextField(blank=True)),
                ("entry_count", models.IntegerField(default=0)),
                ("refused_count", models.IntegerField(default=0)),
                (
                    "envelope",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="devops_sync.envelope",
                    ),
                ),
                (
                    "errand",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="devops_sync.errand",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="devops_sync.site",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="devops_sync.token",
                    ),
                ),
            ],
            options={
                "db_table": "submission",
                "indexes": [
                    models.Index(fields=["site", "-id"], name="submission_of_site"),
                    models.Index(condition=models.Q(("status__gte", 400)), fields=["-id"], name="submission_refused"),
                    models.Index(fields=["token", "-id"], name="submission_of_token"),
                    models.Index(
                        condition=models.Q(("errand__isnull", False)), fields=["errand"], name="submission_of_errand"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("key", models.TextField()),
                ("sequence", models.BigIntegerField(null=True)),
                ("payload", models.TextField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("refused", "Refused"),
                            ("out_of_order", "Out of order"),
                            ("waiting", "Waiting"),
                            ("superseded", "Superseded"),
                            ("withdrawn", "Withdrawn"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=20,
                    ),
                ),
                ("outcome_at", models.DateTimeField(null=True)),
                ("errors", models.JSONField(default=list)),
                (
                    "mends",
                    models.JSONField(
                        default=list, help_text="What was mended as Jira would have done, a sentence each."
                    ),
                ),
                (
                    "unknown_issues",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "read_back",
                    models.CharField(
                        choices=[
                            ("not_read", "Not read"),
                            ("confirmed", "Confirmed"),
                            ("different", "Different"),
                            ("missing", "Missing"),
                            ("not_told", "Cannot be told"),
                        ],
                        default="not_read",
                        max_length=20,
                    ),
                ),
                ("read_back_at", models.DateTimeField(null=True)),
                (
                    "cause",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="devops_sync.cause",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="devops_sync.delivery",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The entry that this one sends again, or corrects.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followers",
                        to="devops_sync.entry",
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded",
                        to="devops_sync.entry",
                    ),
                ),
                (
                    "envelope",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.envelope"
                    ),
                ),
                (
                    "lane",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="devops_sync.lane",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="devops_sync.site"
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="devops_sync.submission",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": "entry",
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "waiting")), fields=["lane", "id"], name="entry_waiting"
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "rejected")), fields=["site", "-id"], name="entry_rejected"
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "rejected")),
                        fields=["site", "-outcome_at"],
                        name="entry_rejected_lately",
                    ),
                    models.Index(fields=["site", "kind", "key", "-id"], name="entry_of_key"),
                    models.Index(
                        condition=models.Q(("outcome", "rejected")), fields=["cause", "-id"], name="entry_of_cause"
                    ),
                    models.Index(
                        condition=models.Q(("origin__isnull", False)), fields=["origin"], name="entry_of_origin"
                    ),
                    models.Index(
                        condition=models.Q(("read_back__in", ["missing", "different"])),
                        fields=["site", "-read_back_at"],
                        name="entry_adrift",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("submission", "position"), name="entry_has_its_own_position"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "refused",
                                    "out_of_order",
                                    "waiting",
                                    "superseded",
                                    "withdrawn",
                                    "accepted",
                                    "rejected",
                                ],
                            )
                        ),
                        name="entry_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "waiting"), _negated=True),
                            models.Q(("lane__isnull", False), ("sequence__isnull", False)),
                            _connector="OR",
                        ),
                        name="entry_that_waits_stands_in_a_lane",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FirstAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("status", models.SmallIntegerField()),
                ("body", models.BinaryField(null=True)),
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="first_answer",
                        to="devops_sync.submission",
                    ),
                ),
                ("token", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.token")),
            ],
            options={
                "db_table": "first_answer",
                "constraints": [models.UniqueConstraint(fields=("token", "key"), name="first_answer_is_one_for_a_key")],
            },
        ),
        migrations.CreateModel(
            name="Gate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.IntegerField(default=0)),
                (
                    "status",
                    models.CharField(blank=True, help_text="As Jira says it; empty until it says any.", max_length=100),
                ),
                (
                    "details",
                    models.JSONField(default=list, help_text="The issues that decide it: issueKey, issueLink."),
                ),
                ("read_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "stop",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Followed"),
                            ("decided", "Decided"),
                            ("left_pending", "The deployment is no longer pending"),
                            ("not_available", "Not available with this credential"),
                            ("never_found", "Jira never knew of it"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="gates", to="devops_sync.entry"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="gates", to="devops_sync.site"
                    ),
                ),
            ],
            options={
                "db_table": "gate",
                "indexes": [models.Index(condition=models.Q(("stopped_at", None)), fields=["due_at"], name="gate_due")],
                "constraints": [models.UniqueConstraint(fields=("site", "key"), name="gate_is_one_of_its_deployment")],
            },
        ),
        migrations.CreateModel(
            name="Repository",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("repository_id", models.CharField(max_length=1024)),
                ("name", models.CharField(max_length=255)),
                ("description", models.CharField(blank=True, max_length=1024)),
                ("url", models.CharField(max_length=2000)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "repositories",
                "db_table": "repository",
                "abstract": False,
                "indexes": [models.Index(fields=["site", "-changed_at", "-id"], name="repository_newest_of_site")],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "repository_id"), name="repository_has_one_current_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="PullRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("repository_id", models.CharField(max_length=1024)),
                (
                    "ident",
                    models.CharField(help_text="Its id, unique among its kind in the repository.", max_length=1024),
                ),
                ("url", models.CharField(max_length=2000)),
                ("display_id", models.CharField(max_length=255)),
                ("title", models.CharField(max_length=1024)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("MERGED", "Merged"),
                            ("DECLINED", "Declined"),
                            ("DRAFT", "Draft"),
                            ("UNKNOWN", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("author_name", models.CharField(blank=True, max_length=255)),
                ("source_branch", models.CharField(max_length=255)),
                ("destination_branch", models.CharField(blank=True, max_length=255)),
                ("comment_count", models.IntegerField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "pull_request",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["site", "-changed_at", "-id"], name="pull_request_newest_of_site"),
                    models.Index(
                        fields=["site", "repository_id", "-changed_at", "-id"], name="pull_request_of_repository"
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["issue_keys"], name="pull_request_of_issue"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "repository_id", "ident"), name="pull_request_has_one_current_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Deployment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("pipeline_id", models.CharField(max_length=255)),
                ("environment_id", models.CharField(max_length=255)),
                ("number", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("in_progress", "In progress"),
                            ("successful", "Successful"),
                            ("failed", "Failed"),
                            ("rolled_back", "Rolled back"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("display_name", models.CharField(max_length=255)),
                ("label", models.CharField(blank=True, max_length=255)),
                ("description", models.CharField(blank=True, max_length=255)),
                ("url", models.CharField(max_length=2000)),
                ("pipeline_name", models.CharField(max_length=255)),
                ("pipeline_url", models.CharField(max_length=2000)),
                ("environment_name", models.CharField(max_length=255)),
                (
                    "environment_type",
                    models.CharField(
                        choices=[
                            ("development", "Development"),
                            ("testing", "Testing"),
                            ("staging", "Staging"),
                            ("production", "Production"),
                            ("unmapped", "Unmapped"),
                        ],
                        max_length=20,
                    ),
                ),
                ("duration", models.BigIntegerField(help_text="Seconds, as reported.", null=True)),
                ("gated", models.BooleanField(default=False)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "deployment",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-changed_at", "-id"], name="deployment_newest"),
                    models.Index(fields=["site", "-changed_at", "-id"], name="deployment_newest_of_site"),
                    models.Index(fields=["site", "pipeline_id", "-changed_at", "-id"], name="deployment_of_pipeline"),
                    django.contrib.postgres.indexes.GinIndex(fields=["issue_keys"], name="deployment_of_issue"),
                    models.Index(
                        condition=models.Q(("label", ""), _negated=True),
                        fields=["site", "pipeline_id", "label"],
                        name="deployment_by_label",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(
                                devops_sync.models.saying.Lines(
                                    models.Value("#"),
                                    django.db.models.functions.comparison.Cast("number", models.TextField()),
                                    models.Value("\n"),
                                    models.F("label"),
                                    models.Value("\n"),
                                    models.F("display_name"),
                                    models.Value("\n"),
                                    models.F("description"),
                                    models.Value("\n"),
                                    models.F("pipeline_name"),
                                    models.Value("\n"),
                                    models.F("pipeline_id"),
                                )
                            ),
                            name="gin_trgm_ops",
                        ),
                        name="deployment_by_text",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "pipeline_id", "environment_id", "number"),
                        name="deployment_has_one_current_version",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Commit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("repository_id", models.CharField(max_length=1024)),
                (
                    "ident",
                    models.CharField(help_text="Its id, unique among its kind in the repository.", max_length=1024),
                ),
                ("url", models.CharField(max_length=2000)),
                ("display_id", models.CharField(max_length=255)),
                ("message", models.CharField(max_length=1024)),
                ("author_name", models.CharField(blank=True, max_length=255)),
                ("file_count", models.IntegerField()),
                ("is_merge", models.BooleanField(default=False)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "commit",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["site", "-changed_at", "-id"], name="commit_newest_of_site"),
                    models.Index(fields=["site", "repository_id", "-changed_at", "-id"], name="commit_of_repository"),
                    django.contrib.postgres.indexes.GinIndex(fields=["issue_keys"], name="commit_of_issue"),
                    models.Index(fields=["ident"], name="commit_by_hash", opclasses=["varchar_pattern_ops"]),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "repository_id", "ident"), name="commit_has_one_current_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Build",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("pipeline_id", models.CharField(max_length=255)),
                ("number", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("in_progress", "In progress"),
                            ("successful", "Successful"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("display_name", models.CharField(max_length=255)),
                ("label", models.CharField(blank=True, max_length=255)),
                ("description", models.CharField(blank=True, max_length=255)),
                ("url", models.CharField(max_length=2000)),
                ("tests_total", models.IntegerField(null=True)),
                ("tests_passed", models.IntegerField(null=True)),
                ("tests_failed", models.IntegerField(null=True)),
                ("tests_skipped", models.IntegerField(null=True)),
                (
                    "commit_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "ref_names",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "db_table": "build",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["-changed_at", "-id"], name="build_newest"),
                    models.Index(fields=["site", "-changed_at", "-id"], name="build_newest_of_site"),
                    models.Index(fields=["site", "pipeline_id", "-changed_at", "-id"], name="build_of_pipeline"),
                    django.contrib.postgres.indexes.GinIndex(fields=["issue_keys"], name="build_of_issue"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(
                                devops_sync.models.saying.Lines(
                                    models.Value("#"),
                                    django.db.models.functions.comparison.Cast("number", models.TextField()),
                                    models.Value("\n"),
                                    models.F("label"),
                                    models.Value("\n"),
                                    models.F("display_name"),
                                    models.Value("\n"),
                                    models.F("description"),
                                    models.Value("\n"),
                                    models.F("pipeline_id"),
                                )
                            ),
                            name="gin_trgm_ops",
                        ),
                        name="build_by_text",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "pipeline_id", "number"), name="build_has_one_current_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Branch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.BigIntegerField()),
                (
                    "issue_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("reported_at", models.DateTimeField(help_text="When it changed, as its sender says.")),
                (
                    "changed_at",
                    models.DateTimeField(
                        help_text="When it changed: as reported, but never later than it was received, since clocks err."
                    ),
                ),
                ("first_received_at", models.DateTimeField()),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="When the ledger took the deletion that it fell under.", null=True),
                ),
                ("repository_id", models.CharField(max_length=1024)),
                (
                    "ident",
                    models.CharField(help_text="Its id, unique among its kind in the repository.", max_length=1024),
                ),
                ("url", models.CharField(max_length=2000)),
                ("name", models.CharField(max_length=512)),
                ("last_commit_id", models.CharField(max_length=1024)),
                ("last_commit_display_id", models.CharField(max_length=255)),
                ("last_commit_message", models.CharField(max_length=1024)),
                ("author_name", models.CharField(blank=True, max_length=255)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="%(class)s", to="devops_sync.entry"
                    ),
                ),
                (
                    "property_set",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="devops_sync.propertyset"),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="devops_sync.site",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "branches",
                "db_table": "branch",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["site", "-changed_at", "-id"], name="branch_newest_of_site"),
                    models.Index(fields=["site", "repository_id", "-changed_at", "-id"], name="branch_of_repository"),
                    django.contrib.postgres.indexes.GinIndex(fields=["issue_keys"], name="branch_of_issue"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "repository_id", "ident"), name="branch_has_one_current_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.SmallIntegerField(default=0)),
                ("answered_at", models.DateTimeField(null=True)),
                ("url", models.TextField(blank=True)),
                ("status", models.SmallIntegerField(null=True)),
                ("body", models.BinaryField(null=True)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Unanswered"),
                            ("confirmed", "Confirmed"),
                            ("different", "Different"),
                            ("missing", "Missing"),
                            ("not_told", "Cannot be told"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("differences", models.JSONField(default=list, help_text="The names of the fields that differ.")),
                ("failure", models.TextField(blank=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="devops_sync.entry",
                    ),
                ),
                (
                    "errand",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="confirmations",
                        to="devops_sync.errand",
                    ),
                ),
            ],
            options={
                "db_table": "confirmation",
                "indexes": [
                    models.Index(fields=["entry", "-id"], name="confirmation_of_entry"),
                    models.Index(condition=models.Q(("answered_at", None)), fields=["due_at"], name="confirmation_due"),
                    models.Index(
                        condition=models.Q(("errand__isnull", False)), fields=["errand"], name="confirmation_of_errand"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrandItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "was_deleted_at",
                    models.DateTimeField(
                        help_text="When what it brought back had been deleted: cancelled, it is deleted as before.",
                        null=True,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="devops_sync.entry",
                    ),
                ),
                (
                    "errand",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="devops_sync.errand",
                    ),
                ),
            ],
            options={
                "db_table": "errand_item",
                "constraints": [models.UniqueConstraint(fields=("errand", "id"), name="errand_item_in_order")],
            },
        ),
        migrations.CreateModel(
            name="GateReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read_at", models.DateTimeField()),
                ("http_status", models.SmallIntegerField(null=True)),
                ("status", models.CharField(blank=True, max_length=100)),
                ("body", models.BinaryField()),
                ("failure", models.TextField(blank=True)),
                (
                    "gate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="devops_sync.gate"
                    ),
                ),
            ],
            options={
                "db_table": "gate_reading",
                "indexes": [models.Index(fields=["gate", "-id"], name="gate_reading_of_gate")],
            },
        ),
    ]
