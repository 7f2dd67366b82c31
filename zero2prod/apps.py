"""The site around the newsletter."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "zero2prod"
