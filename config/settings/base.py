"""What is the same everywhere. The other modules of this package change values, never structure."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from config import environment, image_storage, logging, staff

# Where the service listens (gunicorn.py) and how the world calls it.
HOST = environment.text("APP_APPLICATION__HOST", "127.0.0.1")
PORT = environment.integer("APP_APPLICATION__PORT", 8000, minimum=1, maximum=65535)
BASE_URL = environment.base_url("APP_APPLICATION__BASE_URL", f"http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = [str(urlsplit(BASE_URL).hostname)]
CLIENT_IP_HEADER = environment.text("APP_APPLICATION__CLIENT_IP_HEADER", "")
"""The header in which the proxy says who asks (zero2prod/client_address.py); empty: no proxy."""

# https://docs.djangoproject.com/en/5.2/ref/settings/
DEBUG = False
ROOT_URLCONF = "zero2prod.urls"
WSGI_APPLICATION = "zero2prod.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ar", "العربية"),
]
"""Of the readers' pages and mails, each by its own name; the admin speaks English."""
FORMAT_MODULE_PATH = "config.formats"
LOCALE_PATHS = [environment.ROOT / "locale"]

INSTALLED_APPS = [
    "zero2prod.apps.SiteConfig",
    "newsletter.apps.NewsletterConfig",
    "zero2prod.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "reversion",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    # Behind those whose pages it takes out of the admin.
    "zero2prod.staff.apps.StaffConfig",
]

MIDDLEWARE = [
    # Outermost, so that every answer is logged and carries its request id.
    "zero2prod.telemetry.RequestLogMiddleware",
    "zero2prod.headers.HeadersMiddleware",
    "zero2prod.middleware.ProbeMiddleware",
    "zero2prod.languages.LanguageMiddleware",
    "zero2prod.middleware.RequestGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zero2prod.staff.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "zero2prod.staff.middleware.LogIn",
    "django_otp.middleware.OTPMiddleware",
    "zero2prod.staff.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    # Innermost, so that the middlewares above finish the answers that these give for the view.
    "zero2prod.middleware.DatabaseOutageMiddleware",
    "zero2prod.middleware.MethodMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


def databases(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return DATABASES for one server.

    A connection gives up after 2 s: the answer is then 503 (zero2prod/middleware.py). It is kept
    between requests and checked before it is used again, so that a restarted server costs nobody
    an error page.
    """
    # The threshold is for zero2prod/postgres/cursors.py; Django's own cursors prepare nothing.
    options = {"connect_timeout": 2, "prepare_threshold": 0, **entry.get("OPTIONS", {})}
    return {
        "default": {**entry, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    }


LOCAL_POSTGRES = {"ENGINE": "zero2prod.local_postgres", "NAME": "newsletter"}

# Staff (zero2prod/staff/)
ADMIN_PATH = staff.admin_path("APP_ADMIN__PATH", "admin/")
"""Where the admin is, with the last slash and without the first."""
STAFF_TWO_STEP_REQUIRED = environment.boolean("APP_STAFF__TWO_STEP", default=False)
"""Whether nobody enters the admin by a password alone."""
STAFF_AUDIT_ADDRESSES = environment.boolean("APP_STAFF__AUDIT_ADDRESSES", default=True)
"""Whether the record of what staff did has the address from which it was done."""
STAFF_PASSWORD_SECONDS = 15 * 60
"""After this time, publishing and exporting ask for the password again."""
STAFF_SESSION_SECONDS = 12 * 60 * 60
"""After this time a session ends, whatever is done in it."""
SESSION_COOKIE_AGE = 30 * 60
"""After this time without a request to the admin a session ends (zero2prod/staff/sessions.py)."""
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "zero2prod.staff.backend.StaffBackend",
]
# https://docs.djangoproject.com/en/5.2/topics/auth/passwords/
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{validator}", "OPTIONS": options}
    for validator, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# https://django-axes.readthedocs.io/en/latest/4_configuration.html
AXES_HANDLER = "zero2prod.staff.throttling.StaffHandler"
AXES_LOCKOUT_CALLABLE = "zero2prod.staff.throttling.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "zero2prod.staff.throttling.network"
AXES_USERNAME_CALLABLE = "zero2prod.staff.throttling.username_digest"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = str(urlsplit(BASE_URL).hostname)
"""How the app on the phone calls this site."""
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Static files: https://whitenoise.readthedocs.io/
STATIC_URL = "/static/"
STATIC_ROOT = environment.ROOT / "static-root"
STORAGES: dict[str, dict[str, Any]] = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Where the images of issues are kept. Without a storage uploads are refused.
if images := image_storage.storage("APP_MEDIA__URL", f"file://{environment.LOCAL / 'images'}"):
    STORAGES["default"] = images

# The public door takes small forms only; the admin's largest form is an issue.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
SIGNUP_BODY_LIMIT = 16 * 1024
"""Bytes of a sign-up's body; above it the answer is 413."""
SIGNUP_LIMITS = environment.boolean("APP_SIGNUP__LIMITS", default=True)
"""Whether the guards of the public sign-up stand (newsletter/guarding/); false for load tests."""
SIGNUP_FILL_SECONDS = environment.decimal("APP_SIGNUP__FILL_SECONDS", 1, maximum=60)
"""What comes back from our own page sooner is asked to press the button once more."""
SIGNUP_PROOF = environment.choice("APP_SIGNUP__PROOF", ("attack", "always", "never"))
"""When a sign-up needs a proof of work."""
SIGNUP_ATTACK_RATE = environment.integer("APP_SIGNUP__ATTACK_RATE", 100, minimum=1, maximum=100_000)
"""New readers a minute from which on it is taken for an attack."""
SIGNUP_DISPOSABLE = environment.choice("APP_SIGNUP__DISPOSABLE", ("allow", "refuse"))
"""What happens to addresses at services of throw-away mailboxes."""
SIGNUP_CHECK_MX = environment.boolean("APP_SIGNUP__CHECK_MX", default=False)
"""Whether the DNS is asked if a domain says that it takes no mail (RFC 7505)."""

# What is kept of readers, and for how long: newsletter/pruning.py
PRIVACY_RECORD_CLIENT = environment.boolean("APP_PRIVACY__RECORD_CLIENT", default=False)
"""Whether a consent keeps the visitor's IP address and program."""
PRIVACY_CLIENT_DAYS = environment.integer("APP_PRIVACY__CLIENT_DAYS", 365, minimum=1)
"""After so many days these are blanked."""
PRIVACY_UNCONFIRMED_DAYS = environment.integer("APP_PRIVACY__UNCONFIRMED_DAYS", 30, minimum=8)
"""After so many days a sign-up that nobody confirmed is forgotten; its link works for 7."""
PRIVACY_LEFT_DAYS = environment.integer("APP_PRIVACY__LEFT_DAYS", 0)
"""After so many days a reader who left is erased; 0: he is kept, so that he is not revived."""
REMINDER_HOURS = environment.integer("APP_SIGNUP__REMINDER_HOURS", 24, maximum=6 * 24)
"""When who has not confirmed is reminded, once; 0: never."""

FOUR_EYES = environment.boolean("APP_PUBLISHING__FOUR_EYES", default=False)
"""Whether who wrote an issue, or was the last to change it, may not be the one who publishes it."""
IMPORT_BYTES = 1024**2 * environment.integer("APP_IMPORT__MAX_MEGABYTES", 200, minimum=1)
"""Bytes of a file of readers that is uploaded in the admin; above it the answer is 413."""

UNDO_SECONDS = environment.integer("APP_PUBLISHING__UNDO_SECONDS", 60, maximum=3600)
"""How long an issue that was published in the admin can be taken back; 0: it goes out at once."""

# Delivery
EMAIL_SENDER = environment.mailbox("APP_EMAIL__SENDER", "Newsletter <newsletter@example.com>")
EMAIL_URL = environment.mail_url("APP_EMAIL__URL", f"maildir://{environment.LOCAL / 'mailbox'}")
BOUNCE_ADDRESS = environment.bounce_address("APP_EMAIL__BOUNCE_ADDRESS")
"""Where bounces of mails sent by SMTP go, for `process_bounce`; empty: to the sender."""
WEBHOOK_SECRET = environment.webhook_secret("APP_EMAIL__WEBHOOK_SECRET")
"""USER:PASSWORD of the mail provider's calls to /webhooks/; empty: there are none."""
WEBHOOK_SIGNING_KEY = environment.text("APP_EMAIL__WEBHOOK_SIGNING_KEY", "")
"""By which Mailgun and Mailtrap sign their calls."""
DELIVERY_CONNECTIONS = environment.integer("APP_DELIVERY__CONNECTIONS", 4, minimum=1, maximum=64)
"""Sending connections of one worker process."""
DELIVERY_RATE_PER_SECOND = environment.decimal("APP_DELIVERY__RATE_PER_SECOND", 0)
"""Mails a second over all workers; 0: as fast as the provider takes them."""
UNKNOWN_POLICY = environment.choice("APP_DELIVERY__UNKNOWN_POLICY", ("hold", "resend"))
"""An issue's mail whose outcome is in doubt is held for the operator, or sent again."""
DELIVERY_FAILPOINT = environment.text("APP_DELIVERY__FAILPOINT", "")
"""Where a worker kills itself: for tests of what a crash leaves behind. Production refuses it."""

# What is told to others about the service: zero2prod/metrics.py, tracing.py, error_reports.py
METRICS_TOKEN = environment.text("APP_METRICS__TOKEN", "")
"""Who asks for /metrics must know it; empty outside the local environment: there is no /metrics."""
METRICS_OPEN = environment.name() == "local"
METRICS_DIRECTORY = environment.text("PROMETHEUS_MULTIPROC_DIR", "")
"""Where the web's processes add up their counters; config/gunicorn.py makes it."""
SENTRY_DSN = environment.text("SENTRY_DSN", "")
"""Where errors are reported; empty: nowhere but the log."""
if environment.text("OTEL_EXPORTER_OTLP_ENDPOINT", ""):
    MIDDLEWARE.insert(0, "zero2prod.tracing.TracingMiddleware")

LOGGING_CONFIG = None  # config.logging.configure does it, once.
logging.configure(json=environment.name() == "production")
