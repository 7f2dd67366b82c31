"""A newsletter's own look: its style sheet, and that it can be read."""

import pytest
from django.core.exceptions import ValidationError

from newsletter import sheets
from newsletter.models import Newsletter, colours
from tests.factories import default_newsletter

RATIOS = [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ffffff", "#ffffff", 1.0)]
"""https://webaim.org/resources/contrastchecker/ says the same."""


@pytest.mark.parametrize(("one", "other", "ratio"), RATIOS)
def test_contrast_is_that_of_the_guidelines(one, other, ratio):
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize("colour", ["#fff000", "#9acd32", "#87ceeb"])
def test_a_pale_accent_is_refused_with_one_that_can_be_read(colour):
    with pytest.raises(ValidationError) as refusal:
        colours.on_light(colour)
    sentence = refusal.value.message
    assert "WCAG AA" in sentence
    colours.on_light(sentence.rsplit(" ", 1)[1].rstrip("."))


@pytest.mark.parametrize(
    "colour", ["red", "#12345", "#1234567", "#ggg000", "", "#000;}body{", "#١٢٣٤٥٦"]
)
def test_what_is_no_colour_is_refused(colour):
    with pytest.raises(ValidationError, match="six digits"):
        colours.on_light(colour)


def test_a_dark_accent_is_refused_for_dark_paper():
    with pytest.raises(ValidationError, match="lighter"):
        colours.on_dark("#0b6b57")


@pytest.mark.parametrize("accent", ["#0b6b57", "#7a2e8e", "#000000", "#b00020", "#0000ee"])
def test_an_accent_is_read_in_light_and_dark_and_so_are_buttons(accent):
    colours.on_light(accent)
    dark = colours.lightened(accent)
    for colour, paper in ((accent, colours.PAPER), (dark, colours.PAPER_DARK)):
        assert colours.contrast(colour, paper) >= colours.READABLE
        assert colours.contrast(colours.letters_on(colour), colour) >= colours.READABLE


@pytest.mark.django_db
class TestPage:
    def test_a_newsletter_without_a_look_of_its_own_has_no_sheet(self):
        assert sheets.sheet(default_newsletter()) == ""

    def test_a_page_has_the_link_only_where_there_is_a_sheet(self, client):
        default_newsletter()
        assert "/theme/" not in client.get("/issues/").text
        Newsletter.objects.update(accent="#7a2e8e", typeface="serif")
        text = client.get("/issues/").text
        address = text.split('href="/theme/')[1].split('"')[0]
        sheet = client.get(f"/theme/{address}")
        assert sheet["Content-Type"] == "text/css; charset=utf-8"
        assert sheet["Cache-Control"] == "public, max-age=31536000"
        assert "--accent:#7a2e8e" in sheet.text
        assert "--face:" in sheet.text
        assert "prefers-color-scheme:dark" in sheet.text

    def test_an_old_address_is_not_kept_for_long(self, client):
        default_newsletter()
        assert client.get("/theme/default.css?v=old")["Cache-Control"] == "public, max-age=300"

    def test_no_newsletter_no_sheet(self, client):
        assert client.get("/theme/nobody.css").status_code == 404
