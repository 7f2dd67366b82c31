"""The single mails of an issue: a group on a page, a group as a file, and one reader's."""

import csv
from collections.abc import Iterator

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter import accounting, groups, inquiry, reasons
from newsletter.admin.watching import published_issue
from newsletter.models import Delivery, Issue
from zero2prod.staff import audit
from zero2prod.staff.reauthentication import recently_authenticated

MAY_SEE = "view_delivery"
MAY_TAKE_ALONG = "newsletter.export_subscriptions"


class WhyForm(forms.Form):
    """An address; posted and not in the page's address, which is written into logs."""

    address = forms.CharField(
        label="The reader's address",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


@never_cache
@require_safe
def group(request: HttpRequest, pk: int, state: str) -> HttpResponse:
    """Show the first mails of a group."""
    issue, reason = _asked(request, pk, state)
    account = accounting.lately_of_issue(issue)
    context = {
        **admin.site.each_context(request),
        "title": f"{state.capitalize()}: {issue.subject}",
        "issue": issue,
        "state": state,
        "reason": reason,
        "meaning": reasons.meaning(reason),
        "unknown_in_words": reasons.UNKNOWN,
        "account": account,
        "mails": groups.shown(issue, state, reason),
        "most": groups.SHOWN,
        "may_take_along": request.user.has_perm(MAY_TAKE_ALONG),
    }
    return TemplateResponse(request, "admin/newsletter/issue/mails.html", context)


@never_cache
@require_safe
@recently_authenticated
def group_csv(request: HttpRequest, pk: int, state: str) -> HttpResponseBase:
    """Stream a group as CSV, with cells that a spreadsheet would execute made harmless."""
    if not request.user.has_perm(MAY_TAKE_ALONG):
        raise PermissionDenied
    issue, reason = _asked(request, pk, state)
    audit.record("issue.mails_exported", request=request, target=issue, state=state, reason=reason)
    writer = csv.writer(_Line())
    lines = (writer.writerow(row) for row in groups.rows(issue, state, reason))
    return StreamingHttpResponse(
        _in_blocks(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="issue-{pk}-{state}.csv"'},
    )


@never_cache
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why an address got an issue, or not."""
    issue = published_issue(request, pk, MAY_SEE)
    form = WhyForm(request.POST or None)
    answer = ""
    if request.method == "POST" and form.is_valid():
        answer = inquiry.why(issue=issue, email=form.cleaned_data["address"].strip())
    context = {
        **admin.site.each_context(request),
        "title": f"Why? {issue.subject}",
        "issue": issue,
        "form": form,
        "answer": answer,
        "account": accounting.lately_of_issue(issue),
    }
    return TemplateResponse(request, "admin/newsletter/issue/why.html", context)


def urls() -> list[URLPattern]:
    view = admin.site.admin_view
    return [
        path("<int:pk>/mails/<slug:state>/", view(group), name="newsletter_issue_mails"),
        path("<int:pk>/mails/<slug:state>.csv", view(group_csv), name="newsletter_issue_csv"),
        path("<int:pk>/why/", view(why), name="newsletter_issue_why"),
    ]


def _asked(request: HttpRequest, pk: int, state: str) -> tuple[Issue, str]:
    issue = published_issue(request, pk, MAY_SEE)
    if state not in Delivery.State.values:
        raise Http404
    return issue, request.GET.get("reason", "")[:64]


class _Line:
    """What a CSV writer writes to: it hands the line on."""

    def write(self, line: str) -> str:
        return line


def _in_blocks(lines: Iterator[str], size: int = 500) -> Iterator[str]:
    """Join lines, since each block that is yielded is one write to the network."""
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) >= size:
            yield "".join(block)
            block.clear()
    yield "".join(block)
