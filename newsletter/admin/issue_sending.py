"""The page before an issue goes out: who gets it, what speaks against it, and the button."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from newsletter import checking, publishing
from newsletter.admin.issue_controls import back_to
from newsletter.admin.reader_choices import conditions_in_words
from newsletter.admin.stage_forms import StageForm, plan_of
from newsletter.checking import Check, Seen
from newsletter.models import Issue
from zero2prod.staff import audit
from zero2prod.staff.reauthentication import ask_again

DONE = "The issue goes out; as long as it is scheduled you can take it back."
SCHEDULED = "The issue is scheduled; until then you can take it back."


@cache
def _zones() -> list[str]:
    """Return the names of all zones: asking the system's files for them takes a while."""
    return sorted(available_timezones())


class SendForm(StageForm):
    """When, to whom first, and what was accepted; `seen` is what the page showed, signed."""

    field_order = ("seen", "when", "clock", "zone")

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    when = forms.ChoiceField(
        choices=[("now", "Now"), ("later", "At a time")],
        widget=forms.RadioSelect,
        initial="now",
        required=False,
    )
    clock = forms.CharField(
        label="Time", required=False, widget=forms.TextInput(attrs={"type": "datetime-local"})
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(zone, zone) for zone in _zones()],
        initial="UTC",
        required=False,
    )
    typed = forms.CharField(
        label="Number of readers",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["at"] = None
        if cleaned.get("when") == "later":
            try:
                moment = f"{cleaned.get('clock', '')} {cleaned.get('zone', '') or 'UTC'}"
                cleaned["at"] = publishing.parse_time(moment)
            except publishing.InvalidTime as error:
                raise ValidationError({"clock": str(error)}) from error
        return cleaned


def page(request: HttpRequest, issue: Issue, site: AdminSite) -> HttpResponse:
    """Show the check; try the links; or send what was seen."""
    if not request.user.has_perm("newsletter.publish_issue"):
        raise PermissionDenied
    if question := ask_again(request):
        return question
    if request.method == "POST" and "try" in request.POST:
        checking.try_links(issue)
        return redirect("admin:newsletter_issue_publish", issue.pk)
    form = SendForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        answer = _sent(request, issue, form)
        if answer is not None:
            return answer
    elif not issue.is_editable:
        messages.error(request, f"The issue is {issue.state}; it is not sent a second time.")
        return back_to(issue)
    return _shown(request, issue, form, site)


def _sent(request: HttpRequest, issue: Issue, form: SendForm) -> HttpResponse | None:
    """Send, and lead on; None where the page is to be shown again with what is wrong."""
    given = form.cleaned_data
    verb = "issue.schedule" if given["at"] else "issue.publish"
    try:
        with audit.recorded(verb, request=request, target=issue):
            checking.send(
                issue_id=issue.pk,
                seen=Seen.read(given["seen"]),
                answer=checking.Answer(
                    accepted=request.POST.getlist("accept"),
                    typed=given["typed"],
                    at=given["at"],
                    stage=plan_of(issue, given),
                ),
                publisher=request.user,
            )
    except checking.AlreadySent as error:
        messages.info(request, str(error))
    except checking.StaleCheck as error:
        messages.error(request, str(error))
        if issue.is_editable:
            return redirect("admin:newsletter_issue_publish", issue.pk)
    except (checking.Refused, publishing.InvalidTime, publishing.InvalidStage) as error:
        form.add_error(None, str(error))
        return None
    except publishing.PublishingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, SCHEDULED if given["at"] else DONE)
    return back_to(issue)


def _shown(request: HttpRequest, issue: Issue, form: SendForm, site: AdminSite) -> TemplateResponse:
    found: Check = checking.check(issue, publisher=request.user)
    context = {
        **site.each_context(request),
        "title": f"Check and send: {issue.headline}",
        "issue": issue,
        "audience": conditions_in_words(issue),
        "check": found,
        "seen": Seen.of(found).signed(),
        "form": form,
        "zones": _zones(),
        "accepted": request.POST.getlist("accept"),
        "types_number": found.readers > checking.TYPED_ABOVE,
        "undo_seconds": settings.UNDO_SECONDS,
    }
    return TemplateResponse(request, "admin/newsletter/issue/check.html", context)
