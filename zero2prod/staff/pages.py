"""The pages of the second step, and the page that asks for the password again.

The pages of the two steps are open to who has given his password and nothing more; the others go
through `StaffSite.admin_view` (zero2prod/staff/site.py).
"""

import math
from base64 import b32encode
from collections.abc import Callable
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login as otp_login

from zero2prod.staff import audit, reauthentication, sessions, two_step
from zero2prod.staff.forms import CodeForm, PasswordForm, RecoveryCodeForm, SetUpForm
from zero2prod.staff.models import Member
from zero2prod.staff.reauthentication import recently_authenticated
from zero2prod.staff.site import lead_to, member_of

Check = Callable[[Member, str], Any]


def _for_a_step(page: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Guard a page between the two steps."""

    @sensitive_post_parameters()
    @csrf_protect
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def guarded(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not (user.is_active and user.is_staff and sessions.keep(request)):
            return lead_to("login", _next(request, default=""))
        return page(request)

    return guarded


@_for_a_step
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the app."""
    return _check(request, CodeForm, two_step.check_code, "verify")


@_for_a_step
def recover(request: HttpRequest) -> HttpResponse:
    """Ask for a recovery code instead."""
    return _check(request, RecoveryCodeForm, two_step.check_recovery_code, "recover")


def _check(
    request: HttpRequest, form_class: type[forms.Form], check: Check, page: str
) -> HttpResponse:
    member = member_of(request)
    if two_step.is_complete(member):
        return HttpResponseRedirect(_next(request))
    if member.factor is None:
        return lead_to("set_up_two_step", _next(request))
    form = form_class(request.POST if request.method == "POST" else None)
    status, headers = 200, {}
    if form.is_bound and form.is_valid():
        try:
            device = check(member, form.cleaned_data["code"])
        except two_step.TooManyCodes as error:
            seconds = max(1, math.ceil((error.until - timezone.now()).total_seconds()))
            form.add_error(None, f"Several codes were wrong. Try again in {_spell(seconds)}.")
            status, headers = 429, {"Retry-After": str(seconds)}
        except two_step.WrongCode as error:
            audit.record("two_step.refused", request=request, way=page)
            form.add_error("code", str(error))
        else:
            return _passed(request, device, page)
    return _render(request, f"{page}.html", "Second step", {"form": form}, status, headers)


def _passed(request: HttpRequest, device: Any, page: str) -> HttpResponse:
    request.session.cycle_key()
    otp_login(request, device)
    audit.record("two_step.passed", request=request, way=page)
    if page == "recover":
        left = two_step.recovery_codes_left(member_of(request))
        said = f"This recovery code is used up; you have {left} more."
        messages.warning(request, f"{said} Is your phone lost? Set up the second step anew.")
    return HttpResponseRedirect(_next(request))


@_for_a_step
def set_up(request: HttpRequest) -> HttpResponse:
    """Show a new key, and make it the factor of who can type a code of it."""
    member = member_of(request)
    if member.factor and not two_step.is_complete(member):
        return lead_to("verify", _next(request))
    if member.factor and (question := reauthentication.ask_again(request)):
        return question
    form = SetUpForm(request.POST if request.method == "POST" else None, member_id=member.pk)
    if form.is_bound and form.is_valid():
        try:
            device, codes = two_step.set_up(member, **form.cleaned_data)
        except two_step.WrongCode as error:
            form.add_error("code", str(error))
        else:
            return _is_set_up(request, device, codes)
    if form.has_error("key"):
        messages.error(request, "The page was open for too long. Scan the new picture.")
        return HttpResponseRedirect(request.get_full_path())
    device = two_step.new_device(member, form.cleaned_data["key"] if form.is_bound else "")
    form.sign(device.key)
    context = {
        "form": form,
        "qr": _qr(device.config_url),
        "address": device.config_url,
        "key": _in_groups(b32encode(device.bin_key).decode()),
        "is_replacement": bool(member.factor),
    }
    return _render(request, "set_up.html", "Set up the second step", context)


def _is_set_up(request: HttpRequest, device: Any, codes: list[str]) -> HttpResponse:
    """Go on in this session, which is the only one left, and tell the recovery codes."""
    update_session_auth_hash(request, Member.objects.get(pk=device.user_id))
    otp_login(request, device)
    audit.record("two_step.set_up", request=request, target=member_of(request))
    return _tell(request, codes)


@never_cache
@require_http_methods(["GET", "HEAD"])
def two_steps(request: HttpRequest) -> HttpResponse:
    """Show a member his own second step."""
    member = member_of(request)
    context = {
        "factor": member.factor,
        "left": two_step.recovery_codes_left(member),
        "is_required": settings.STAFF_TWO_STEP_REQUIRED,
    }
    return _render(request, "two_step.html", "Two-step log-in", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def new_codes(request: HttpRequest) -> HttpResponse:
    """Ask, and replace the recovery codes."""
    member = member_of(request)
    if member.factor is None:
        return lead_to("set_up_two_step", "")
    if request.method != "POST":
        return _render(request, "new_codes.html", "New recovery codes", {})
    codes = two_step.new_recovery_codes(member)
    audit.record("two_step.codes_made", request=request, target=member_of(request))
    return _tell(request, codes)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def remove(request: HttpRequest) -> HttpResponse:
    """Ask, and take the second step away, where it is not required."""
    if settings.STAFF_TWO_STEP_REQUIRED:
        raise PermissionDenied
    if request.method != "POST":
        return _render(request, "remove.html", "Remove the second step", {})
    if two_step.remove(member_of(request)):
        update_session_auth_hash(request, Member.objects.get(pk=member_of(request).pk))
        audit.record("two_step.removed", request=request, target=member_of(request))
        messages.success(request, "The password alone opens the admin again.")
    return lead_to("two_step", "")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reauthenticate(request: HttpRequest) -> HttpResponse:
    """Ask for the password, and go back to where it was missing."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        name, password = request.user.get_username(), form.cleaned_data["password"]
        if authenticate(request, username=name, password=password) is not None:
            request.session.cycle_key()
            reauthentication.remember(request)
            audit.record("password.repeated", request=request)
            return HttpResponseRedirect(_next(request))
        audit.record("password.refused", request=request)
        form.add_error("password", "This is not your password.")
    return _render(request, "reauthenticate.html", "Your password again", {"form": form})


def _tell(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """Show recovery codes, this once."""
    context = {"codes": codes, "next": _next(request)}
    return _render(request, "codes.html", "Your recovery codes", context)


def _render(
    request: HttpRequest,
    template: str,
    title: str,
    context: dict[str, Any],
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    everywhere = {**admin.site.each_context(request), "title": title, "next": _next(request)}
    return TemplateResponse(
        request,
        f"admin/staff/{template}",
        {**everywhere, **context},
        status=status,
        headers=headers,
    )


def _next(request: HttpRequest, default: str | None = None) -> str:
    """Return where to go on: a page of this site and none that somebody smuggled in."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    if is_safe:
        return wanted
    return reverse("admin:index") if default is None else default


def _qr(text: str) -> SafeString:
    """Return a picture as an element of the page, which the content policy lets stand."""
    picture = segno.make(text, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", svgclass=None, lineclass=None, omitsize=True
    )
    return mark_safe(picture)  # noqa: S308 - segno's own shapes; the text is only drawn


def _in_groups(key: str) -> str:
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def _spell(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{math.ceil(seconds / 60)} min"
