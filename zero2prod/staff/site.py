"""The admin's doors: every page behind all steps of a log-in, and each act recorded."""

from collections.abc import Mapping
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from zero2prod.staff import audit, sessions, two_step
from zero2prod.staff.audited import audited
from zero2prod.staff.lookups import OwnLookups
from zero2prod.staff.models import Member


def lead_to(page: str, then: str) -> HttpResponseRedirect:
    """Return the way to a page of the admin that goes on to another one."""
    query = f"?{urlencode({'next': then})}" if then else ""
    return HttpResponseRedirect(reverse(f"admin:{page}") + query)


def member_of(request: HttpRequest) -> Member:
    """Return who asks; `StaffBackend` finds members only."""
    return cast(Member, request.user)


class StaffSite(AdminSite):
    """Django's admin for who has done both steps; others are led to the step that they lack."""

    rooms: Mapping[str, tuple[str, ...]] = {}
    """Which models stand together on the first page, as `app.Model`, in the order of their use;
    what is in no room stays with its app."""

    login_template = "admin/staff/log_in.html"
    logout_template = "admin/staff/logged_out.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and two_step.is_complete(request.user)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a model's pages; what is done in them is recorded."""
        super().register(model_or_iterable, audited(admin_class or OwnLookups), **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Guard a view of the admin. Each page must come through here, and a test asks for it."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if step := self.next_step(request):
                return step
            try:
                response = inner(request, *args, **kwargs)
            except PermissionDenied:
                audit.record("permission.denied", request=request, route=_route(request))
                raise
            if request.method == "POST" and _is_done(response) and not audit.is_recorded(request):
                # Whatever a page forgets to say, it is known that something was done.
                audit.record("page.posted", request=request, route=_route(request))
            return response

        return update_wrapper(guarded, inner)

    def next_step(self, request: HttpRequest) -> HttpResponse | None:
        """Return the way to the step of the log-in that is still to do, or None after the last.

        Who is not logged in at all is left to Django.
        """
        if not super().has_permission(request):
            return None
        if not sessions.keep(request):
            return lead_to("login", request.get_full_path())
        if two_step.is_complete(request.user):
            return None
        step = "verify" if member_of(request).factor else "set_up_two_step"
        return lead_to(step, request.get_full_path())

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        if not self.has_permission(request):
            return []
        apps = super().get_app_list(request, app_label)
        return apps if app_label else _in_rooms(apps, self.rooms)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from zero2prod.staff import pages  # noqa: PLC0415 - forms need models, ready by then

        return [
            path("logout/", self.logout, name="logout"),  # also between the two steps
            path("log-in/code/", pages.verify, name="verify"),
            path("log-in/recovery-code/", pages.recover, name="recover"),
            path("two-step/set-up/", pages.set_up, name="set_up_two_step"),
            path("two-step/", self.admin_view(pages.two_steps), name="two_step"),
            path("two-step/codes/", self.admin_view(pages.new_codes), name="recovery_codes"),
            path("two-step/remove/", self.admin_view(pages.remove), name="remove_two_step"),
            path("password/", self.admin_view(pages.reauthenticate), name="reauthenticate"),
            *super().get_urls(),
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and self.next_step(request):
            return lead_to("index", "")  # which leads to the step that is to do
        response = super().login(request, extra_context)
        if request.method == "POST":
            if isinstance(response, HttpResponseRedirect):
                sessions.begin(request)
                audit.record("log_in.passed", request=request)
            elif _is_refused(response):
                _record_refusal(request)
        return response

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST" and request.user.is_authenticated:
            audit.record("log_out.done", request=request)
        return super().logout(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        response = super().password_change(request, extra_context)
        if request.method == "POST" and isinstance(response, HttpResponseRedirect):
            audit.record("password.changed", request=request, target=member_of(request))
        return response


def _in_rooms(apps: list[Any], rooms: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """Return what a user may see room by room, then the apps with the models of no room."""
    found = {
        f"{app['app_label']}.{model['object_name']}": (app, model)
        for app in apps
        for model in app["models"]
    }
    furnished = []
    for name, labels in rooms.items():
        if here := [found.pop(label) for label in labels if label in found]:
            app, models = here[0][0], [model for _, model in here]
            # Not the app's own address, which would mark all of its rooms as the open one.
            address = f"{app['app_url']}#{name.lower()}"
            furnished.append({**app, "name": name, "app_url": address, "models": models})
    left = [{**app, "models": [model for of, model in found.values() if of is app]} for app in apps]
    return furnished + [app for app in left if app["models"]]


def _is_done(response: HttpResponse) -> bool:
    """Whether a form was accepted: Django's pages then redirect, and others of ours do so too."""
    return response.status_code in {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER}


def _is_refused(response: HttpResponse) -> bool:
    """Whether a name and a password were typed that are no member's."""
    context = (isinstance(response, TemplateResponse) and response.context_data) or {}
    return "form" in context and context["form"].has_error(NON_FIELD_ERRORS)


def _record_refusal(request: HttpRequest) -> None:
    """Say whose log-in failed only if it is somebody's: what was typed may be a password."""
    is_locked = getattr(request, "axes_locked_out", False)
    if is_locked and not getattr(request, "axes_failures_since_start", None):
        return  # it was locked before, and the record has the failures that led to it
    member = Member.objects.filter(username=request.POST.get("username", "")).first()
    audit.record("log_in.locked" if is_locked else "log_in.failed", request=request, actor=member)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""
