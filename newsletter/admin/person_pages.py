"""The pages about one person: who he is and what happened, a page that asks, and adding one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters

from newsletter import adding, known_values, timeline
from newsletter.admin.person_deeds import DEEDS, Deed
from newsletter.admin.subscription_forms import AddForm
from newsletter.changing import InvalidChange
from newsletter.models import Subscription, Suppression
from newsletter.timeline import Event
from zero2prod.staff import audit
from zero2prod.staff.models import AuditEntry
from zero2prod.staff.reauthentication import ask_again

LIST = "admin:newsletter_subscription_changelist"


def show(request: HttpRequest, reader: Subscription, site: AdminSite) -> HttpResponse:
    """Show a person with all that happened; what may be done is offered."""
    others = Subscription.objects.with_address(reader.email).exclude(pk=reader.pk)
    suppression = Suppression.objects.of_address(reader.email).first()
    hidden = {"lift" if suppression is None else "suppress"}
    if reader.status not in ("pending_confirmation", "confirmed"):
        hidden.add("unsubscribe")
    may = {name for name, deed in DEEDS.items() if request.user.has_perm(deed.permission)}
    context = {
        **site.each_context(request),
        "title": reader.email,
        "reader": reader,
        "others": others.select_related("newsletter"),
        "suppression": suppression,
        "events": timeline.of_reader(reader, *_exports(reader)),
        "known_tags": known_values.tags() if "tag" in may else [],
        "may_tag": "tag" in may,
        "may_note": "note" in may,
        "buttons": [
            (name, deed)
            for name, deed in DEEDS.items()
            if deed.question and name in may and name not in hidden
        ],
    }
    return TemplateResponse(request, "admin/newsletter/subscription/person.html", context)


def _exports(reader: Subscription) -> list[Event]:
    """Return who took a copy of the person; what else staff did is on the person's own record."""
    entries = AuditEntry.objects.filter(
        target_type="newsletter.subscription",
        target_id=str(reader.pk),
        verb=DEEDS["export"].recorded,
    )
    return [Event(entry.at, "staff", "Exported", by=entry.actor_name) for entry in entries]


@sensitive_post_parameters()
def do(request: HttpRequest, pk: UUID, name: str, site: AdminSite) -> HttpResponse:
    """Ask before a deed, or do it."""
    deed = DEEDS.get(name)
    if deed is None:
        raise Http404
    if not request.user.has_perm(deed.permission):
        raise PermissionDenied
    reader = get_object_or_404(Subscription.objects.select_related("newsletter"), pk=pk)
    if deed.needs_password and (again := ask_again(request)):
        return again
    form = deed.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and (not deed.question or form.is_valid()):
        return _done(request, reader, deed, getattr(form, "cleaned_data", {}))
    if not deed.question:
        return redirect("admin:newsletter_subscription_change", pk)
    context = {
        **site.each_context(request),
        "title": f"{deed.label}: {reader.email}",
        "reader": reader,
        "deed": deed,
        "form": form,
    }
    return TemplateResponse(request, "admin/newsletter/subscription/deed.html", context)


def add(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Add a person by hand: with a mail that asks, or with a statement of where he agreed."""
    form = AddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reader = _added(request, form.cleaned_data)
        except (adding.NotAdded, InvalidChange) as error:
            form.add_error(None, str(error))
        else:
            is_asked = reader.status == Subscription.Status.PENDING_CONFIRMATION
            audit.record(
                "subscription.added", request=request, target=reader, confirmed=not is_asked
            )
            told = "A mail that asks for confirmation is on its way." if is_asked else "Added."
            messages.success(request, told)
            return redirect("admin:newsletter_subscription_change", reader.pk)
    context = {
        **site.each_context(request),
        "title": "Add a reader",
        "form": form,
        "known_tags": known_values.tags(),
    }
    return TemplateResponse(request, "admin/newsletter/subscription/add.html", context)


def _added(request: HttpRequest, given: dict[str, Any]) -> Subscription:
    common = {
        "newsletter": given["newsletter"],
        "email": given["email"],
        "name": given["name"],
        "tags": given["tags"],
        "by": request.user.get_username(),
    }
    if given["how"] == "ask":
        return adding.invite(**common)
    return adding.add_agreed(**common, statement=given["statement"])


def _done(
    request: HttpRequest, reader: Subscription, deed: Deed, given: dict[str, Any]
) -> HttpResponse:
    person = redirect("admin:newsletter_subscription_change", reader.pk)
    try:
        told = deed.act(request, reader, given)
    except InvalidChange as error:
        messages.error(request, str(error))
        return person
    audit.record(deed.recorded, request=request, target=reader)
    if isinstance(told, HttpResponse):
        return told
    messages.success(request, told)
    return redirect(LIST) if deed.ends_person else person
