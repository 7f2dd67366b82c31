"""Themes, through their door: what cannot be read or is no colour is refused, and shown beside."""

import pytest

from newsletter.models import Newsletter, Theme
from newsletter.rendering import issues as rendering
from tests.factories import default_newsletter, make_issue

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletter/theme/"


def form(**fields):
    theme = Theme(name="Harbour")
    names = [field.name for field in Theme._meta.fields if field.name not in {"id", "logo"}]
    return {**{name: getattr(theme, name) for name in names}, "logo": "", **fields}


def errors(response):
    return response.context["adminform"].form.errors


def test_a_theme_gives_its_look_to_the_mails(editor):
    editor.post(f"{LIST}add/", form(accent="#8a1c1c", footer="*Bye*, {name|friend}", font="serif"))
    theme = Theme.objects.get()
    Newsletter.objects.update(theme=theme)
    mail = rendering.preview(make_issue(newsletter=Newsletter.objects.get(), body="[a](/b)"))
    assert "color: #8a1c1c" in mail.html
    assert "Georgia" in mail.html
    assert "<em>Bye</em>, friend" in mail.html
    assert "Bye, friend" in mail.text


def test_an_issue_may_have_a_look_of_its_own(editor):
    own = Theme.objects.create(name="Own", header="Special")
    Newsletter.objects.update(theme=Theme.objects.create(name="Usual", header="Usual"))
    newsletter = default_newsletter()
    assert "Usual" in rendering.preview(make_issue(newsletter=newsletter)).text
    special = make_issue(newsletter=newsletter, theme=own, slug="own")
    assert "Special" in rendering.preview(special).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent", "red"),
        ("accent", "#fff; } body { background: url(https://evil.example/)"),
        ("accent", "#ffff00"),
        ("text", "#dddddd"),
        ("dark_text", "#333333"),
        ("dark_accent", "#101010"),
        ("font", "comic"),
        ("width", "2000"),
        ("name", ""),
        ("name", "a\nb"),
        ("footer", "a\x07b"),
        ("logo", "99"),
    ],
)
def test_what_cannot_be_mailed_is_told_beside_it(editor, field, value):
    page = editor.post(f"{LIST}add/", form(**{field: value}))
    assert page.status_code == 200
    assert field in errors(page)
    assert not Theme.objects.exists()


def test_while_an_issue_is_on_its_way_its_look_stays(editor):
    theme = Theme.objects.create(name="Harbour")
    make_issue(theme=theme, state="sending")
    page = editor.post(f"{LIST}{theme.pk}/change/", form(accent="#8a1c1c"))
    assert "on its way" in str(errors(page))
    assert Theme.objects.get().accent == "#0b6b57"


def test_the_preview_shows_what_was_typed_and_runs_nothing(editor):
    page = editor.post(f"{LIST}preview/", form(paper="#fffbe6", header="**Hi** <script>x</script>"))
    assert b"#fffbe6" in page.content
    assert b"<strong>Hi</strong>" in page.content
    assert b"<script" not in page.content
    assert page["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert not Theme.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"paper": "red;}"}, {"font": "x"}, {"width": "wide"}])
def test_an_unfinished_theme_is_shown_as_far_as_it_goes(editor, fields):
    page = editor.post(f"{LIST}preview/", fields)
    assert page.status_code == 200
    assert b"red;}" not in page.content


def test_a_theme_in_use_stays(editor):
    theme = Theme.objects.create(name="Harbour")
    Newsletter.objects.update(theme=theme)
    editor.post(f"{LIST}{theme.pk}/delete/", {"post": "yes"})
    assert Theme.objects.exists()


def test_who_may_not_see_themes_gets_no_preview(onlooker):
    assert onlooker.post(f"{LIST}preview/", {}).status_code == 403
