"""The routes of the newsletter."""

from django.urls import path

from newsletter import archive, feeds, sign_up_pages, views, webhooks

app_name = "newsletter"
urlpatterns = [
    path("", sign_up_pages.home, name="home"),
    path("subscriptions", sign_up_pages.sign_up, name="sign_up"),
    path("subscriptions/confirm", views.confirm, name="confirm"),
    path("subscriptions/unsubscribe", views.unsubscribe, name="unsubscribe"),
    path("webhooks/<slug:provider>/", webhooks.receive, name="webhook"),
    path("issues/", archive.index, name="archive"),
    path("issues/feed/", feeds.IssueFeed(), name="feed"),
    path("issues/<slug:slug>/", archive.issue, name="issue"),
]
