# One image for the web (the default), the worker (`python manage.py deliver`) and `python manage.py
# migrate`. It has no syntax directive: that would make BuildKit fetch a frontend from a registry.

FROM docker.io/library/python:3.11-slim-bookworm AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1
WORKDIR /app


FROM base AS packages
# The site speaks five languages, and neither Django's geography, nor any service of Amazon's but S3,
# nor another database is used: 37 MB less. Bytecode is written here because the running
# image cannot: its file system is read-only.
COPY requirements.lock .
RUN python -m venv --without-pip /opt/venv \
    && pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: \
        --no-deps --no-cache-dir --no-compile --disable-pip-version-check -r requirements.lock \
    && find /opt/venv/lib -path '*/locale/*' -name '*.[mp]o' \
        ! -path '*/en/*' ! -path '*/de/*' ! -path '*/es/*' ! -path '*/fr/*' ! -path '*/ar/*' -delete \
    && packages=$(echo /opt/venv/lib/python3*/site-packages) && django=$packages/django \
    && find "$packages/botocore/data" "$packages/boto3/data" -mindepth 1 -maxdepth 1 -type d ! -name s3 \
        -exec rm -r {} + \
    && gzip -9 "$packages/botocore/data/endpoints.json" \
    && rm -r "$packages"/*.dist-info/sboms "$packages/botocore/cacert.pem" \
        "$packages"/botocore/data/s3/*/examples-1.json \
        "$packages/boto3/examples" "$packages/pycparser" "$packages/cffi" \
        "$django/contrib/admindocs" "$django/contrib/flatpages" "$django/contrib/gis" \
        "$django/contrib/humanize" "$django/contrib/redirects" \
        "$django/db/backends/mysql" "$django/db/backends/oracle" \
    && find "$packages" -name '*.po' -delete \
    && find "$packages" -path '*.dist-info/RECORD' -delete \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib


FROM packages AS application
COPY . .
# The base settings ask for no secret and name no database.
RUN rm requirements.lock \
    && DJANGO_SETTINGS_MODULE=config.settings.base python manage.py collectstatic --no-input \
        --ignore jquery.js --ignore select2.full.js --ignore xregexp.js \
    && rm -r /opt/venv/lib/python3*/site-packages/django/contrib/admin/static \
    && python -m compileall -q --invalidation-mode unchecked-hash .


FROM base
COPY --from=application /opt/venv /opt/venv
COPY --from=application /app /app
ENV APP_ENVIRONMENT=production
# A number, so that the platform can see that it is not root.
USER 10001:10001
EXPOSE 8000
# For the web; start a worker without it (`docker run --no-healthcheck`).
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('APP_APPLICATION__PORT', '8000') + '/health_check', timeout=2)"]
CMD ["gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi"]
