"""Watching an issue go out, from the moment it waits for it, and its report.

The page works without a script, by its Refresh link. With one, its inner part is fetched again
every two seconds while somebody looks; see `static/newsletter/watch.js`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Concatenate

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from newsletter import counting, progress, reasons
from newsletter.admin import issue_controls
from newsletter.admin.display import pace
from newsletter.admin.reader_choices import conditions_in_words
from newsletter.models import Issue, IssueCount, Worker
from newsletter.progress import Progress
from newsletter.rendering import plots

View = Callable[Concatenate[HttpRequest, int, ...], HttpResponse]


def published_issue(request: HttpRequest, pk: int, permission: str = "view_issue") -> Issue:
    """Return an issue that went out, for who may see it; raise PermissionDenied or Http404."""
    issue = _issue(request, pk, permission)
    if issue.is_unpublished:
        raise Http404
    return issue


def _issue(request: HttpRequest, pk: int, permission: str = "view_issue") -> Issue:
    if not request.user.has_perm(f"newsletter.{permission}"):
        raise PermissionDenied
    return get_object_or_404(Issue.objects.select_related("newsletter", "segment"), pk=pk)


@never_cache
@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how an issue waits, goes out, or how it went."""
    issue = _issue(request, pk)
    if issue.state == Issue.State.DRAFT:
        raise Http404
    context = _context(request, issue)
    return TemplateResponse(request, "admin/newsletter/issue/watch.html", context)


@never_cache
@require_safe
def fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of the page that changes."""
    context = _context(request, _issue(request, pk))
    return TemplateResponse(request, context["part"], context)


@require_POST
def count(request: HttpRequest, pk: int) -> HttpResponse:
    """Count the mails of an issue now, which takes a second for a million of them."""
    IssueCount.objects.refresh_now(published_issue(request, pk).pk)
    messages.success(request, "Counted just now.")
    return redirect("admin:newsletter_issue_watch", pk)


def urls() -> list[URLPattern]:
    views: dict[str, View] = {"watch": page, "watch/fragment": fragment, "watch/count": count}
    return [
        path(
            f"<int:pk>/{route}/",
            admin.site.admin_view(view),
            name=f"newsletter_issue_{route.replace('/', '_')}",
        )
        for route, view in views.items()
    ]


def _context(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    audience = conditions_in_words(issue)
    shared = {**admin.site.each_context(request), "issue": issue, "audience": audience}
    return shared | (_waiting if issue.is_unpublished else _progress)(request, issue)


def _waiting(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return what there is to see before the first mail is promised."""
    left = issue.publish_at and max(issue.publish_at - timezone.now(), timedelta())
    return {
        "part": "admin/newsletter/issue/waiting.html",
        "title": f"Watch: {issue.subject}",
        "left": left,
        "has_worker": Worker.objects.alive().exists(),
        "controls": issue_controls.offered(issue, None, request.user),
    }


def _progress(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    found = progress.of_issue(issue)
    return {
        "part": "admin/newsletter/issue/progress.html",
        "title": f"{'Report' if found.is_done else 'Watch'}: {issue.subject}",
        "progress": found,
        "account": found.account,
        "readings": counting.report(issue),
        "state_bar": state_bar(found),
        "speed_plot": speed_plot(found),
        "controls": issue_controls.offered(issue, found.account, request.user),
        "unknown_in_words": reasons.UNKNOWN,
        "may_see_mails": request.user.has_perm("newsletter.view_delivery"),
    }


def state_bar(found: Progress) -> SafeString:
    states = found.account.states
    return plots.bar(states, key="states", title="Mails by state", says=str(found.account))


def speed_plot(found: Progress) -> SafeString:
    """Draw the mails a second over time; each stretch of the line is the average since the last."""
    if not found.speeds:
        return SafeString("")
    begin = found.issue.published_at or found.issue.created_at
    speeds = [(begin, found.speeds[0].rate), *((speed.at, speed.rate) for speed in found.speeds)]
    several_days = (speeds[-1][0] - begin).days > 0
    clock = "%d %b %H:%M" if several_days else "%H:%M:%S"
    points = [
        plots.Point(at.timestamp(), rate, f"{at:{clock}}", f"{pace(rate)} a second")
        for at, rate in speeds
    ]
    fastest = max(rate for _at, rate in speeds)
    says = f"{pace(found.average)} a second on average, {pace(fastest)} at most."
    return plots.line(points, key="speed", title="Mails a second", says=says)
