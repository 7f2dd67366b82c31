"""Newsletters: their words, their sender, their postal address."""

from django.contrib import admin
from django.urls import URLPattern

from newsletter.admin.embedding import EmbeddingPages
from newsletter.models import Newsletter


@admin.register(Newsletter)
class NewsletterAdmin(admin.ModelAdmin):
    list_display = ("title", "slug", "from_line", "has_postal_address")
    fieldsets = (
        (None, {"fields": ("title", "tagline", "slug")}),
        ("Mails", {"fields": ("sender_name", "sender_email", "postal_address", "theme")}),
        ("Pages", {"fields": ("language", "is_public", "accent", "accent_dark", "typeface")}),
        ("Sign-up", {"fields": ("thank_you_addresses", "framing_sites")}),
        ("Privacy", {"fields": ("privacy_note", "counts_readers")}),
    )

    change_form_template = "admin/newsletter/newsletter/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        return [*EmbeddingPages(self).urls(), *super().get_urls()]

    @admin.display(description="From")
    def from_line(self, newsletter: Newsletter) -> str:
        return str(newsletter.sender)

    @admin.display(description="postal address", boolean=True)
    def has_postal_address(self, newsletter: Newsletter) -> bool:
        return not newsletter.lacks_postal_address
