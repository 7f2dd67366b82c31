"""A developer's machine: everything has a default, and a missing PostgreSQL is brought along."""

from config import environment

environment.read_dotenv()

from config.settings.base import *  # noqa: E402, F403
from config.settings.base import ALLOWED_HOSTS, LOCAL_POSTGRES, STORAGES, databases  # noqa: E402

SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
DATABASES = databases(environment.database(require_ssl=False) or LOCAL_POSTGRES)

# Files are served as they lie in the checkout: no collectstatic, no manifest.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

LOCAL_MAILBOX = True
"""Whether /mailbox/ shows the mails that were sent."""
