"""Newsletters: their words, their sender, their postal address."""

from django.contrib import admin

from newsletter.models import Newsletter


@admin.register(Newsletter)
class NewsletterAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "from_line", "has_postal_address")
    fieldsets = (
        (None, {"fields": ("title", "tagline", "slug")}),
        ("Mails", {"fields": ("sender_name", "sender_email", "postal_address")}),
        ("Pages", {"fields": ("language", "is_public", "accent", "accent_dark", "typeface")}),
        ("Privacy", {"fields": ("privacy_note", "counts_readers")}),
    )

    @admin.display(description="From")
    def from_line(self, newsletter: Newsletter) -> str:
        return str(newsletter.sender)

    @admin.display(description="postal address", boolean=True)
    def has_postal_address(self, newsletter: Newsletter) -> bool:
        return not newsletter.lacks_postal_address
