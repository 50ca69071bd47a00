# syntax=docker/dockerfile:1
# One image for the web, the worker, the schedule and single commands; compose.yaml runs them.
ARG BASE=python:3.13-slim-trixie

# --- Packages: exactly the locked ones, as wheels: nothing is built, nothing else is fetched ------
FROM ${BASE} AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/club \
 && /opt/club/bin/pip install --no-cache-dir --disable-pip-version-check \
    --only-binary=:all: --require-hashes --requirement /tmp/requirements.txt

# --- Files: the code compiled, the style sheets named by content and compressed --------------------
FROM packages AS files
WORKDIR /app
COPY . .
# Settings need these two to be read; nothing connects to anything.
RUN SECRET_KEY=build DATABASE_URL=postgres://build/build CLUB_VAR=/tmp STATIC_ROOT=/app/collected \
    /opt/club/bin/python manage.py collectstatic --no-input --verbosity 0 \
 && /opt/club/bin/python -m compileall -q .

# --- The image: no compiler, no package manager's leftovers, nothing that its user may write -------
FROM ${BASE}
ENV PATH=/opt/club/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=loyalty_site.settings \
    CLUB_EMBEDDED=0 \
    CLUB_VAR=/var/lib/club \
    STATIC_ROOT=/app/collected
# What letters are drawn with (docs/channels.md).
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
    fonts-noto-cjk libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
 && rm -rf /var/lib/apt/lists/*
RUN groupadd --system --gid 10001 club \
 && useradd --system --uid 10001 --gid club --no-create-home --home-dir /nonexistent club \
 && install --directory --owner=club --group=club --mode=0750 /var/lib/club
COPY --from=packages /opt/club /opt/club
COPY --from=files /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "loyalty_site.wsgi:application"]
