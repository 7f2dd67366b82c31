"""The test suite: fixed values, and nothing of the developer's own configuration."""

from config import environment

environment.forget()

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import LOCAL_POSTGRES, STORAGES, databases  # noqa: E402

SECRET_KEY = "test" * 16
BASE_URL = "http://testserver"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DATABASES = databases(environment.database(require_ssl=False) or LOCAL_POSTGRES)
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOCAL_MAILBOX = True
UNDO_SECONDS = 0
# Tests empty the tables that keep everything: newsletter/migrations/0014_consent_chains.py.
DATABASES["default"]["OPTIONS"]["options"] = "-c newsletter.truncate=on"
SIGNUP_FILL_SECONDS = 0
