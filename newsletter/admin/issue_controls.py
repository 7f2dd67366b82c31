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
from newsletter.accounting import Account
from newsletter.admin.issue_forms import PlaceForm, TestMailForm
from newsletter.models import Delivery, Issue
from newsletter.models.issues import IN_DELIVERY, PUBLISHED
from zero2prod.staff import audit
from zero2prod.staff.reauthentication import ask_again

State = Issue.State


@dataclass(frozen=True, slots=True)
class Control:
    """One button: where it is offered, what it asks, which verb it calls and what it then says."""

    name: str
    label: str
    states: tuple[State, ...]
    question: str
    act: Callable[[Issue, dict[str, Any]], object]
    done: str
    """Of a verb that returns how many mails it touched, with a place for them: {mails}."""
    form: type[forms.Form] = forms.Form
    role: str = ""
    needs: Delivery.State | None = None
    """Offered only while a mail of the issue is in this state."""
    permission: str = "newsletter.publish_issue"
    asks_password: bool = False
    """Whether the password must have been given recently: it sends to readers."""

    @property
    def asks_for_more(self) -> str:
        return "…" if self.form is not forms.Form or self.role else ""


CONTROLS = (
    Control(
        "test",
        "Send a test",
        tuple(State),
        "One mail, marked [Test] in its subject. Your readers get nothing.",
        lambda issue, given: publishing.send_test(issue_id=issue.pk, address=given["address"]),
        "The test mail is on its way.",
        TestMailForm,
        permission="newsletter.change_issue",
    ),
    Control(
        "take-back",
        "Take back",
        (State.SCHEDULED,),
        "It becomes a draft again, and nobody gets it.",
        lambda issue, _: publishing.take_back(issue_id=issue.pk),
        "The issue is a draft again; nobody got it.",
        role="primary",
    ),
    Control(
        "pause",
        "Pause",
        IN_DELIVERY,
        "What is being sent right now still goes out; the rest waits until you resume.",
        lambda issue, _: publishing.pause(issue_id=issue.pk),
        "The delivery is paused.",
    ),
    Control(
        "resume",
        "Resume",
        (State.PAUSED,),
        "The delivery goes on where it was paused.",
        lambda issue, _: publishing.resume(issue_id=issue.pk),
        "The delivery goes on.",
        role="primary",
    ),
    Control(
        "retry-failed",
        "Try the failed again",
        PUBLISHED,
        "Each failed mail is tried again, from its first attempt. Who has left gets nothing.",
        lambda issue, _: publishing.retry_failed(issue_id=issue.pk),
        "Due again: {mails}.",
        needs=Delivery.State.FAILED,
    ),
    Control(
        "resend-unknown",
        "Send the unknown again",
        PUBLISHED,
        "The provider may have these mails already: some readers may get a second copy.",
        lambda issue, _: publishing.resend_unknown(issue_id=issue.pk),
        "Due again: {mails}.",
        role="danger",
        needs=Delivery.State.UNKNOWN,
        asks_password=True,
    ),
    Control(
        "send-to-missed",
        "Send to new readers",
        (State.SENT,),
        "Who was confirmed after this issue was published gets it now. Nobody gets it twice.",
        lambda issue, _: publishing.send_to_missed(issue_id=issue.pk),
        "The readers who missed it are getting it.",
        asks_password=True,
    ),
    Control(
        "archive",
        "Archive",
        PUBLISHED,
        "Where it is found on the web. The mails that went out stay as they are.",
        lambda issue, given: publishing.place(issue_id=issue.pk, visibility=given["visibility"]),
        "It is so from now on; caches may be five minutes behind.",
        PlaceForm,
    ),
    Control(
        "cancel",
        "Cancel",
        (State.SCHEDULED, *IN_DELIVERY, State.PAUSED),
        "Who has not got it will never get it. This cannot be undone.",
        lambda issue, _: publishing.cancel(issue_id=issue.pk),
        "The issue is cancelled.",
        role="danger",
    ),
)


def offered(issue: Issue, account: Account | None, user: Any) -> list[Control]:
    """Return a user's buttons that make sense now; a published issue comes with its account."""
    return [
        control
        for control in CONTROLS
        if issue.state in control.states
        and user.has_perm(control.permission)
        and (control.needs is None or (account is not None and account.counts[control.needs]))
    ]


def answer(request: HttpRequest, issue: Issue, control: Control, site: AdminSite) -> HttpResponse:
    """Show the question, or do what was answered; the verb decides whether it can be done."""
    if control.asks_password and (question := ask_again(request)):
        return question
    posted = request.POST if request.method == "POST" else None
    initial = {"address": getattr(request.user, "email", ""), "visibility": issue.visibility}
    form = control.form(posted, initial=initial)
    if posted is not None and form.is_valid():
        try:
            with audit.recorded(f"issue.{control.name}", request=request, target=issue):
                result = control.act(issue, form.cleaned_data)
        except publishing.InvalidRecipient as error:
            form.add_error(None, str(error))
        except publishing.PublishingError as error:
            messages.error(request, str(error))
            return back_to(issue)
        else:
            messages.success(request, _told(control, result))
            return back_to(issue)
    return TemplateResponse(
        request,
        "admin/newsletter/issue/control.html",
        {
            **site.each_context(request),
            "title": f"{control.label}: {issue.subject}",
            "issue": issue,
            "control": control,
            "form": form,
        },
    )


def _told(control: Control, result: object) -> str:
    """Say what was done; of a form that was posted twice the second time that it was nothing."""
    if not isinstance(result, int):
        return control.done
    if not result:
        return "No mail is in that state any more: nothing was done."
    return control.done.format(mails=f"{result:,} mail{'s' if result > 1 else ''}")


def back_to(issue: Issue) -> HttpResponse:
    """Lead to where the issue is to be seen now: its text, or how it goes out."""
    issue.refresh_from_db(fields=["state"])
    page = "change" if issue.state == State.DRAFT else "watch"
    return redirect(f"admin:newsletter_issue_{page}", issue.pk)
