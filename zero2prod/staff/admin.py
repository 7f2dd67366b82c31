"""Accounts and roles of staff, and the record of what was done, in the admin."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from zero2prod.staff import audit, two_step
from zero2prod.staff.models import AuditEntry, Member
from zero2prod.staff.reauthentication import ask_again, recently_authenticated

# Their pages show keys and codes; a member has zero2prod/staff/pages.py for his own.
admin.site.unregister([TOTPDevice, StaticDevice, User, Group])

_with_password = method_decorator(recently_authenticated)


class Guarded(admin.ModelAdmin):
    """Pages that decide who may do what: the password is asked for again."""

    @_with_password
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().changeform_view(request, *args, **kwargs)

    @_with_password
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().delete_view(request, *args, **kwargs)


@admin.register(User)
class MemberAdmin(Guarded, UserAdmin):
    list_display = ("username", "email", "roles", "is_active", "is_superuser", "two_steps")
    list_filter = ("is_active", "is_superuser", "groups")
    actions = ("reset_two_step",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        devices = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        users: QuerySet[User] = super().get_queryset(request)
        return users.annotate(has_factor=Exists(devices)).prefetch_related("groups")

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer no deletion of several: an account is deleted from its own page."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @_with_password
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().user_change_password(request, *args, **kwargs)

    @admin.display
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description="two-step log-in", boolean=True)
    def two_steps(self, user: Any) -> bool:
        return bool(user.has_factor)

    @admin.action(description="Reset the second step of the log-in")
    def reset_two_step(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        """Let members whose phone is lost set up another; they are logged out everywhere."""
        if not request.user.is_superuser:
            raise PermissionDenied
        if question := ask_again(request):
            return question
        members = list(Member.objects.filter(pk__in=chosen.values("pk")))
        for member in members:
            with audit.recorded("two_step.reset", request=request, target=member):
                two_step.remove(member)
        messages.success(request, f"{len(members)} reset.")
        return None


@admin.register(Group)
class RoleAdmin(Guarded, GroupAdmin):
    pass


class VerbFilter(admin.SimpleListFilter):
    title = "what"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(_VERBS)
            return [(verb, verb.replace(".", " ").replace("_", "-")) for (verb,) in cursor]

    def queryset(self, request: HttpRequest, acts: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return acts.filter(verb=self.value()) if self.value() else acts


class NewestPages(Paginator):
    """Pages of the newest acts: all of them are counted by nobody, and found by the filters."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        newest: Any = self.object_list[: self.MOST]
        return int(newest.count())


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """What was done, to look at."""

    list_display = ("time", "who", "what", "to_what", "more", "address")
    list_display_links = None
    list_filter = (VerbFilter, "actor", "at")
    list_per_page = 50
    paginator = NewestPages
    show_full_result_count = False
    _targets: ClassVar = {"target_type", "target_id"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup in self._targets or super().lookup_allowed(lookup, value, request)

    @admin.display(ordering="id", description="when (UTC)")
    def time(self, act: AuditEntry) -> str:
        return f"{act.at:%Y-%m-%d %H:%M:%S}"

    @admin.display
    def who(self, act: AuditEntry) -> str:
        return act.actor_name or "somebody"

    @admin.display
    def what(self, act: AuditEntry) -> str:
        return act.verb.replace(".", " ").replace("_", "-")

    @admin.display(description="details")
    def more(self, act: AuditEntry) -> str:
        said = {word: value for word, value in act.details.items() if value not in (None, "", [])}
        return ", ".join(f"{word.replace('_', ' ')}: {value}" for word, value in said.items())

    @admin.display
    def to_what(self, act: AuditEntry) -> SafeString | str:
        """Lead to all that was done to the same thing."""
        if not act.target_id:
            return ""
        same = urlencode({"target_type": act.target_type, "target_id": act.target_id})
        kind = act.target_type.rpartition(".")[2]
        here = reverse("admin:staff_auditentry_changelist")
        words = f"{kind} {act.target_name or act.target_id}"
        return format_html('<a href="{}?{}">{}</a>', here, same, words)


# A walk along the index from each verb to the next: as many steps as there are verbs.
_VERBS = """
WITH RECURSIVE verbs AS (
    (SELECT verb FROM staff_auditentry ORDER BY verb LIMIT 1)
    UNION ALL
    SELECT (SELECT verb FROM staff_auditentry WHERE verb > verbs.verb ORDER BY verb LIMIT 1)
    FROM verbs WHERE verbs.verb IS NOT NULL
)
SELECT verb FROM verbs WHERE verb IS NOT NULL
"""
