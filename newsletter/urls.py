"""The routes of the newsletter."""

from django.urls import path

app_name = "newsletter"
urlpatterns: list = []
