"""Issues: written, looked at, sent, watched."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from newsletter import accounting, drafts
from newsletter.admin import (
    issue_controls,
    issue_mails,
    issue_previews,
    issue_sending,
    reader_choices,
    watching,
)
from newsletter.admin.display import ago, pill
from newsletter.admin.issue_controls import Control
from newsletter.admin.issue_forms import IssueForm
from newsletter.admin.issue_writing import WritingPages
from newsletter.models import Issue, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering import issues as rendering


class IssueFrozen(Exception):
    """A form was posted for an issue that is published already."""


class AccountedChangeList(ChangeList):
    """The list with each issue's account, by one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        accounts = accounting.of_issues(self.result_list)
        for issue in self.result_list:
            issue.account = accounts[issue.pk]


@admin.register(Issue)
class IssueAdmin(WritingPages, admin.ModelAdmin):
    form = IssueForm
    list_display = ("subject", "state_pill", "ledger", "newsletter", "published")
    list_filter = ("state", "newsletter")
    list_select_related = ("newsletter",)
    search_fields = ("subject",)
    show_full_result_count = False
    change_form_template = "admin/newsletter/issue/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AccountedChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Issue | None = None) -> Any:
        may_choose = (self.has_change_permission if obj else self.has_add_permission)(request)
        may_choose = may_choose and (obj is None or obj.is_editable)
        return (
            (None, {"fields": ("subject", "preheader", "body")}),
            *([("Audience", {"fields": ("readers",)})] if may_choose else []),
            ("More", {"fields": ("newsletter", "theme", "slug", "visibility")}),
            *([("", {"fields": ("opened",)})] if obj is None or obj.is_editable else []),
        )

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Keep the form for writing: newsletters and themes have pages of their own."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        default = Newsletter.objects.filter(slug=DEFAULT_SLUG).first()
        return {
            "newsletter": default and default.pk,
            **super().get_changeform_initial_data(request),
        }

    def has_change_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        is_open = obj is None or obj.is_editable
        return is_open and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        is_open = obj is None or obj.is_editable
        return is_open and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer none: an issue is deleted from its own page, and only before it is published."""
        return {}

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Issue | None:
        """Hold the row while a form is being saved, so that it is not published underneath."""
        issue = super().get_object(request, object_id, from_field)
        if issue is None or request.method != "POST":
            return issue
        held = Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)
        if not held.is_editable:
            raise IssueFrozen
        return held

    def save_model(self, request: HttpRequest, obj: Issue, form: Any, change: bool) -> None:
        drafts.save(obj, editor=request.user)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except IssueFrozen:
            messages.error(
                request, "The issue was published or scheduled meanwhile; nothing was saved."
            )
            return redirect("admin:newsletter_issue_change", object_id)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except IssueFrozen:
            messages.error(request, "The issue was published or scheduled; it stays.")
            return redirect("admin:newsletter_issue_change", object_id)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        issue: Issue | None = kwargs.get("obj")
        context["is_open"] = issue is None or issue.is_editable
        reader_choices.tell(context["adminform"].form, issue)
        may_send = request.user.has_perm("newsletter.publish_issue")
        context["may_send"] = issue is not None and issue.is_editable and may_send
        context["may_check"] = context["is_open"] and may_send
        context["show_save_and_add_another"] = False
        context["may_add"] = self.has_add_permission(request)
        if issue:
            account = None if issue.is_unpublished else accounting.lately_of_issue(issue)
            context["account"] = account
            context["controls"] = issue_controls.offered(issue, account, request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_post_save_add(self, request: HttpRequest, obj: Issue) -> HttpResponseRedirect:
        return _checked(request, obj) or super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Issue) -> HttpResponseRedirect:
        return _checked(request, obj) or super().response_post_save_change(request, obj)

    @admin.display(description="state", ordering="state")
    def state_pill(self, issue: Issue) -> SafeString:
        return pill(issue.state)

    @admin.display(ordering="published_at")
    def published(self, issue: Issue) -> str:
        return ago(issue.published_at)

    @admin.display(description="accounting")
    def ledger(self, issue: Any) -> str:
        return "" if issue.is_unpublished else str(issue.account)

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Any] = {
            control.name: partial(self.control_view, control=control)
            for control in issue_controls.CONTROLS
        }
        views |= {
            "preview": self.preview_view,
            "preview/html": self.preview_html_view,
            "autosave": self.autosave_view,
            "versions": self.versions_view,
            "duplicate": self.duplicate_view,
            "publish": self.sending_view,
        }
        routes = {
            f"<int:pk>/{name}/": (name.replace("/", "_"), view) for name, view in views.items()
        }
        routes |= {
            "preview/": ("typed", issue_previews.preview),
            "autosave/": ("autosave_new", self.autosave_view),
            "<int:pk>/versions/<int:past_pk>/": ("version", self.version_view),
        }
        urls = [
            path(route, self.admin_site.admin_view(view), name=f"newsletter_issue_{name}")
            for route, (name, view) in routes.items()
        ]
        return [*urls, *watching.urls(), *issue_mails.urls(), *super().get_urls()]

    def control_view(self, request: HttpRequest, pk: int, control: Control) -> HttpResponse:
        if not request.user.has_perm(control.permission):
            raise PermissionDenied
        return issue_controls.answer(request, self._seen(request, pk), control, self.admin_site)

    def sending_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return issue_sending.page(request, self._seen(request, pk), self.admin_site)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        issue = self._seen(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Preview: {issue.subject}",
            "opts": self.opts,
            "issue": issue,
            "sender": issue.newsletter.sender,
            "text": rendering.preview(issue).text,
        }
        return TemplateResponse(request, "admin/newsletter/issue/preview.html", context)

    def preview_html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return issue_previews.framed(rendering.preview(self._seen(request, pk)).html)


def _checked(request: HttpRequest, issue: Issue) -> HttpResponseRedirect | None:
    """Lead from what was just saved to its check, if that button was pressed."""
    if "_check" not in request.POST:
        return None
    return HttpResponseRedirect(reverse("admin:newsletter_issue_publish", args=[issue.pk]))
