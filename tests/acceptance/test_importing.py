"""An editor brings readers along, in a real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from newsletter import importing
from newsletter.importing.working import Importer
from newsletter.models import Import, Subscription
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.newsletter.importing.files import choose, keep, work

FILE = (
    "E-Mail;Vorname;Nachname;Stadt\r\n"
    "anna@example.org;Anna;Müller;Köln\r\n"
    "bo@example.org;Bo;Åberg;Malmö\r\n"
    "nobody;N;;\r\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Leser.csv"
    path.write_bytes(FILE.encode("utf-16"))
    return path


def test_a_newcomer_imports_readers(desk, file):
    desk.get_by_role("link", name="Imports", exact=True).click()
    desk.get_by_role("link", name="Import readers").click()
    desk.get_by_label("File").set_input_files(file)
    desk.get_by_role("button", name="Upload").click()
    expect(desk.locator(".facts")).to_contain_text("utf-16, semicolon, 4 columns")
    expect(desk.get_by_label("Vorname")).to_have_value("first_name")
    desk.get_by_role("button", name="Check").click()
    expect(desk.locator(".errorlist")).to_contain_text("how these people agreed")
    desk.get_by_label("How did they agree?").fill("Sign-ups of the old site")
    desk.get_by_role("button", name="Check").click()

    expect(desk.locator(".status")).to_contain_text("A worker does it")
    while Importer().step():
        pass
    expect(desk.locator(".fates")).to_contain_text("2new readers")
    expect(desk.locator(".fates")).to_contain_text("1not taken: This is not an e-mail address")
    desk.get_by_role("button", name="Import", exact=True).click()
    while Importer().step():
        pass
    expect(desk.locator(".pill-done")).to_be_visible()
    assert Subscription.objects.get(email="anna@example.org").name == "Anna Müller"


@pytest.mark.parametrize("desk", [DESKTOP, PHONE, DARK], indirect=True)
def test_the_pages_fit_every_screen_and_everybody(desk):
    uploaded = keep(FILE, file_name="Leser von der alten Seite.csv")
    checked = keep(FILE)
    choose(checked, is_trial=True, tags=["alt"])
    work(checked)
    running = keep(FILE)
    choose(running, is_trial=True)
    importing.step(only=running.pk)
    Import.objects.filter(pk=running.pk).update(counts={"taken": 20_000, "done": 12_000})
    pages = {
        "list": "",
        "upload": "add/",
        "choices": f"{uploaded.pk}/change/",
        "running": f"{running.pk}/change/",
        "checked": f"{checked.pk}/change/",
        "export": "export/",
    }
    for name, route in pages.items():
        desk.goto(f"/admin/newsletter/import/{route}")
        assert faults(desk, name) == []
