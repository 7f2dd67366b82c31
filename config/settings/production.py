"""The live service: what is required has no default, so that a missing variable stops the start."""

from urllib.parse import urlsplit

from config import environment, image_storage, staff
from config.settings.base import *  # noqa: F403
from config.settings.base import STORAGES, databases

HOST = environment.text("APP_APPLICATION__HOST", "0.0.0.0")  # noqa: S104
BASE_URL = environment.base_url("APP_APPLICATION__BASE_URL")
ALLOWED_HOSTS = [str(urlsplit(BASE_URL).hostname)]
SECRET_KEY = staff.secret_key("APP_APPLICATION__SECRET_KEY")
# Keys of the past: what they signed still counts, and nothing new is signed by them.
SECRET_KEY_FALLBACKS = [
    key.strip()
    for key in environment.text("APP_APPLICATION__SECRET_KEY_FALLBACKS", "").split(",")
    if key.strip()
]
STAFF_TWO_STEP_REQUIRED = environment.boolean("APP_STAFF__TWO_STEP", default=True)
DATABASES = databases(environment.required_database(require_ssl=True))
EMAIL_SENDER = environment.mailbox("APP_EMAIL__SENDER")
EMAIL_URL = environment.mail_url("APP_EMAIL__URL")
SIGNUP_CHECK_MX = environment.boolean("APP_SIGNUP__CHECK_MX", default=True)
# The disk of a container is gone with it, so nothing is kept there unless it is said.
STORAGES.pop("default", None)
if images := image_storage.storage("APP_MEDIA__URL"):
    STORAGES["default"] = images
environment.refuse("APP_DELIVERY__FAILPOINT", "it kills workers on purpose, for tests")

# The platform ends TLS in front of the service and says so in this header, which it sets itself.
# https://docs.digitalocean.com/products/app-platform/
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = BASE_URL.startswith("https://")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# The prefix makes browsers refuse a cookie of that name from a neighbouring host or without TLS.
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]

LOCAL_MAILBOX = False
