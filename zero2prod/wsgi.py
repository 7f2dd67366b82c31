"""The WSGI application that gunicorn serves."""

from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config import environment

environment.use_settings()
application = get_wsgi_application()
# All pages, which would else be loaded while the first visitor waits.
import_module(settings.ROOT_URLCONF)
