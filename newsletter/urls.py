"""The routes of the newsletter."""

from django.urls import include, path

from newsletter import (
    archive,
    counting_pages,
    feeds,
    own_pages,
    pictures,
    privacy_pages,
    views,
    webhooks,
)
from newsletter.front_door import pages

app_name = "newsletter"
ARCHIVE = [
    path("issues/", archive.index, name="archive"),
    path("issues/feed/", feeds.atom, name="feed"),
    path("issues/feed/rss/", feeds.rss, name="rss"),
    path("issues/<slug:slug>/", archive.issue, name="issue"),
]
urlpatterns = [
    path("", pages.home, name="home"),
    path("newsletters/<slug:newsletter>/", pages.home, name="home"),
    path("subscriptions", pages.sign_up, name="sign_up"),
    path("subscriptions/form", pages.frame, name="frame"),
    path("subscriptions/challenge", pages.challenge, name="challenge"),
    path("subscriptions/confirm", views.confirm, name="confirm"),
    path("subscriptions/confirm/again", views.confirm_again, name="confirm_again"),
    path("subscriptions/unsubscribe", views.unsubscribe, name="unsubscribe"),
    path("images/<str:name>", pictures.picture, name="image"),
    path("subscriptions/return", views.take_back, name="take_back"),
    path("subscriptions/preferences", views.preferences, name="preferences"),
    path("subscriptions/link", own_pages.ask_for_link, name="link"),
    path("subscriptions/mine", own_pages.mine, name="mine"),
    path("subscriptions/address", own_pages.new_address, name="new_address"),
    path("counted/<int:issue>/<int:place>", counting_pages.counted, name="counted"),
    path("privacy/", privacy_pages.note, name="privacy"),
    path("webhooks/<slug:provider>/", webhooks.receive, name="webhook"),
    *ARCHIVE,  # of the default newsletter; any other's is below its name
    path("newsletters/<slug:newsletter>/", include(ARCHIVE)),
    path("theme/<slug:slug>.css", archive.sheet, name="sheet"),
    path("sitemap.xml", feeds.site_map, name="site_map"),
    path("robots.txt", feeds.robots, name="robots"),
]
