"""The editor's pages around the form: what is saved by itself, earlier versions, a copy."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from newsletter import drafts
from newsletter.models import Issue


class WritingPages:
    """Views of the admin of issues; `IssueAdmin.get_urls` routes them."""

    admin_site: Any
    get_form: Any
    has_add_permission: Any
    has_view_permission: Any

    def may_edit(self, request: HttpRequest) -> bool:
        return request.user.has_perm("newsletter.change_issue")

    def autosave_view(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Save the posted form as the page's button does, and answer in JSON."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.may_edit(request) if pk else self.has_add_permission(request)):
            raise PermissionDenied
        with transaction.atomic():
            held = Issue.objects.select_for_update(no_key=True).select_related("newsletter")
            issue = held.filter(pk=pk).first() if pk else None
            if pk and issue is None:
                return _told("The issue was deleted meanwhile.", 404)
            if issue and not issue.is_editable:
                return _told("The issue was published or scheduled meanwhile.", 409)
            form = self.get_form(request, issue, change=bool(pk))(request.POST, instance=issue)
            if not form.is_valid():
                return _told(_sentence(form), 409 if form.is_stale else 422)
            draft: Issue = form.save(commit=False)
            if form.has_changed() or draft.pk is None:
                drafts.save(draft, editor=request.user, how=drafts.SAVED_QUIETLY)
        return JsonResponse(
            {
                "opened": draft.version,
                "at": f"{timezone.now():%H:%M:%S} UTC",
                "page": reverse("admin:newsletter_issue_change", args=[draft.pk]),
                "autosave": reverse("admin:newsletter_issue_autosave", args=[draft.pk]),
            }
        )

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        issue = self._seen(request, pk)
        return self._page(request, issue, "versions", versions=drafts.versions_of(issue))

    def version_view(self, request: HttpRequest, pk: int, past_pk: int) -> HttpResponse:
        """Show how a version differs from the issue as it is, and bring it back on request."""
        issue = self._seen(request, pk)
        past = drafts.version_of(issue, past_pk)
        if past is None:
            raise Http404
        if request.method == "POST":
            return self._restored(request, issue, past_pk)
        differences = [
            (name, list(drafts.difference(text, getattr(issue, name))))
            for name, text in past.texts.items()
        ]
        return self._page(
            request,
            issue,
            "version",
            past=past,
            differences=[(name, lines) for name, lines in differences if lines],
            may_restore=issue.is_editable and self.may_edit(request),
        )

    def duplicate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        issue = self._seen(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            copy = drafts.duplicate(issue_id=pk, editor=request.user)
            messages.success(request, "This is the copy, a draft of its own.")
            return redirect("admin:newsletter_issue_change", copy.pk)
        return self._page(request, issue, "duplicate")

    def _restored(self, request: HttpRequest, issue: Issue, past_pk: int) -> HttpResponse:
        if not self.may_edit(request):
            raise PermissionDenied
        opened = request.POST.get("opened", "")
        try:
            drafts.restore(
                issue_id=issue.pk,
                past_id=past_pk,
                opened=int(opened) if opened.isdecimal() and len(opened) < 10 else 0,
                editor=request.user,
            )
        except drafts.DraftError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The version is back; what was there before is kept, too.")
        return redirect("admin:newsletter_issue_change", issue.pk)

    def _page(
        self, request: HttpRequest, issue: Issue, name: str, **context: Any
    ) -> TemplateResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": f"{name.capitalize()}: {issue.subject}",
            "issue": issue,
        }
        return TemplateResponse(request, f"admin/newsletter/issue/{name}.html", context)

    def _seen(self, request: HttpRequest, pk: int) -> Issue:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = ("newsletter__theme__logo", "theme__logo", "segment", "edited_by")
        return get_object_or_404(Issue.objects.select_related(*related), pk=pk)


def _told(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)


def _sentence(form: Any) -> str:
    return " ".join(
        error if field == "__all__" else f"{form.fields[field].label}: {error}"
        for field, errors in form.errors.items()
        for error in errors
    )
