"""Sessions, log-in and messages exist in the admin only: no other page has or needs a cookie."""

from collections.abc import Awaitable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class _InTheAdmin(MiddlewareMixin):
    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            return super().__call__(request)
        return self.get_response(request)


class Sessions(_InTheAdmin, SessionMiddleware):
    pass


class LogIn(_InTheAdmin, AuthenticationMiddleware):
    pass


class Messages(_InTheAdmin, MessageMiddleware):
    pass
