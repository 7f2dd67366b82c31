"""The WSGI application that gunicorn serves."""

from config import environment

environment.use_settings()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
