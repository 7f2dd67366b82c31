"""The buttons beside an issue: a page that asks, and a POST that calls the verb."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from newsletter import publishing
from newsletter.admin.issue_forms import ScheduleForm, TestMailForm
from newsletter.models import Issue, Subscription

State = Issue.State
_EVERY_STATE = frozenset(State)
_UNPUBLISHED = frozenset({State.DRAFT, State.SCHEDULED})
_IN_DELIVERY = frozenset({State.EXPANDING, State.SENDING})


@dataclass(frozen=True, slots=True)
class Control:
    """One button: where it is offered, what it asks, which verb it calls and what it then says."""

    name: str
    label: str
    states: frozenset[State]
    question: str
    act: Callable[[Issue, dict[str, Any]], object]
    done: str
    form: type[forms.Form] = forms.Form
    role: str = ""

    @property
    def asks_for_more(self) -> str:
        return "…" if self.form is not forms.Form or self.role else ""


CONTROLS = (
    Control(
        "test",
        "Send a test",
        _EVERY_STATE,
        "One mail, marked [Test] in its subject. Your readers get nothing.",
        lambda issue, given: publishing.send_test(issue_id=issue.pk, address=given["address"]),
        "The test mail is on its way.",
        TestMailForm,
    ),
    Control(
        "schedule",
        "Schedule",
        _UNPUBLISHED,
        "It is published at this time by itself. Until then it can be edited.",
        lambda issue, given: publishing.schedule(issue_id=issue.pk, at=given["at"]),
        "The issue is scheduled.",
        ScheduleForm,
    ),
    Control(
        "pause",
        "Pause",
        _IN_DELIVERY,
        "What is being sent right now still goes out; the rest waits until you resume.",
        lambda issue, _: publishing.pause(issue_id=issue.pk),
        "The delivery is paused.",
    ),
    Control(
        "resume",
        "Resume",
        frozenset({State.PAUSED}),
        "The delivery goes on where it was paused.",
        lambda issue, _: publishing.resume(issue_id=issue.pk),
        "The delivery goes on.",
        role="primary",
    ),
    Control(
        "cancel",
        "Cancel",
        _UNPUBLISHED - {State.DRAFT} | _IN_DELIVERY | {State.PAUSED},
        "Who has not got it will never get it. This cannot be undone.",
        lambda issue, _: publishing.cancel(issue_id=issue.pk),
        "The issue is cancelled.",
        role="danger",
    ),
    Control(
        "publish",
        "Publish",
        _UNPUBLISHED,
        "It goes out at once, and its text is frozen.",
        lambda issue, _: publishing.publish(issue_id=issue.pk),
        "The issue is published.",
        role="primary",
    ),
)


def offered(issue: Issue) -> list[Control]:
    return [control for control in CONTROLS if issue.state in control.states]


def answer(request: HttpRequest, issue: Issue, control: Control, site: AdminSite) -> HttpResponse:
    """Show the question, or do what was answered; the verb decides whether it can be done."""
    posted = request.POST if request.method == "POST" else None
    form = control.form(posted, initial={"address": getattr(request.user, "email", "")})
    if posted is not None and form.is_valid():
        try:
            control.act(issue, form.cleaned_data)
        except (publishing.InvalidRecipient, publishing.InvalidTime) as error:
            form.add_error(None, str(error))
        except publishing.PublishingError as error:
            messages.error(request, str(error))
            return redirect("admin:newsletter_issue_change", issue.pk)
        else:
            messages.success(request, control.done)
            return redirect("admin:newsletter_issue_change", issue.pk)
    return TemplateResponse(
        request,
        "admin/newsletter/issue/control.html",
        {
            **site.each_context(request),
            "title": f"{control.label}: {issue.subject}",
            "issue": issue,
            "control": control,
            "form": form,
            "readers": _readers(issue) if control.name == "publish" else None,
        },
    )


def _readers(issue: Issue) -> int:
    return Subscription.objects.confirmed().filter(newsletter=issue.newsletter_id).count()
