"""The public archive: what was published, to read without signing up."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from newsletter.models import Issue, Newsletter
from newsletter.models.issues import IssueQuerySet
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering.markdown import to_html
from zero2prod.headers import ARTICLE_POLICY

ISSUES_A_PAGE = 50


def published_issues(newsletter: Newsletter) -> IssueQuerySet:
    return (
        Issue.objects.published()
        .filter(newsletter=newsletter, published_at__isnull=False)
        .order_by("-published_at", "-id")
    )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    newsletter = get_object_or_404(Newsletter, slug=DEFAULT_SLUG)
    issues = published_issues(newsletter).defer("body")
    page = Paginator(issues, ISSUES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "newsletter/archive.html", {"newsletter": newsletter, "page": page})


@require_safe
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    newsletter = get_object_or_404(Newsletter, slug=DEFAULT_SLUG)
    found = get_object_or_404(published_issues(newsletter), slug=slug)
    context = {"newsletter": newsletter, "issue": found, "body": to_html(found.body)}
    response = render(request, "newsletter/issue.html", context)
    response["Content-Security-Policy"] = ARTICLE_POLICY
    return response
