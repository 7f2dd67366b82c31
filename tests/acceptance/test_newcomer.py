"""A newcomer without a manual: readers from a file, an issue, the check, the send, the report.

In a real Chromium, with the real processes and a real mail server. Every step is reached from the
page before it, by what stands there.
"""

import csv
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from newsletter.models import Newsletter
from newsletter.models.newsletters import POSTAL_ADDRESS_PLACEHOLDER
from tests.acceptance.browser import DESKTOP
from tests.acceptance.desk import PASSWORD
from tests.acceptance.service import Service
from tests.acceptance.test_composing import PNG

READERS = 1_200
TOWNS = ("Hamburg", "Lyon", "Malmö")
BODY = "## Ahoy, {name|friend}\n\nHow is {Stadt|your town}? [More](https://news.slowweb.dev/)\n\n"
SUBJECT = "The herring are back"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list as Excel writes it: UTF-16, semicolons, and some rows that are no readers."""
    rows = [
        (f"reader{number}@example.org", f"Zoë Müller {number}", "vip, press", TOWNS[number % 3])
        for number in range(READERS)
    ]
    rows += [("nobody", "N", "", ""), ("", "X", "", ""), ("reader0@example.org", "Ada", "", "Oslo")]
    lines = ["E-Mail;Name;Schlagworte;Stadt", *(";".join(row) for row in rows)]
    path = tmp_path / "Kunden.csv"
    path.write_bytes("\r\n".join(lines).encode("utf-16"))
    return path


@pytest.fixture
def desk(service: Service, open_page) -> Page:
    """The first page of the admin as it is after the installation, but with a short minute."""
    Newsletter.objects.update(postal_address=POSTAL_ADDRESS_PLACEHOLDER)
    service.mail.start()
    service.start_worker()
    service.start_web(APP_PUBLISHING__UNDO_SECONDS="3")
    service.hire_editor()
    page = open_page(**DESKTOP, base_url=service.url)
    page.set_default_timeout(20_000)
    page.goto("/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    return page


def test_a_newcomer_brings_his_readers_and_sends_them_an_issue(desk, service, file, tmp_path):
    bring(desk, file)
    desk.get_by_role("link", name="write them an issue").click()
    write(desk, tmp_path)
    send(desk)
    expect(desk.locator(".ledger")).to_contain_text(f"1,200 = {READERS:,} sent", timeout=60_000)
    expect(desk.locator(".pill").first).to_have_text("sent")

    letters = [letter for letter in service.mail.letters if letter.message["Subject"] == SUBJECT]
    got = Counter(letter.recipient for letter in letters)
    assert (len(got), set(got.values())) == (READERS, {1})
    assert "Ahoy, Ada" in words(letter_to("reader0@example.org", letters))
    assert "How is Malmö?" in words(letter_to("reader2@example.org", letters))

    leave(desk, letter_to("reader7@example.org", letters))
    desk.goto("/admin/")
    expect(desk.locator(".last-issues")).to_contain_text(f"{SUBJECT} 1,200 = {READERS:,} sent")
    ask(desk)
    assert export(desk)["reader7@example.org"] == "unsubscribed"


def bring(desk: Page, file: Path) -> None:
    desk.locator(".first-steps").get_by_role("link", name="Import your readers").click()
    desk.get_by_label("File").set_input_files(file)
    desk.get_by_role("button", name="Upload").click()
    expect(desk.locator(".facts")).to_contain_text("utf-16, semicolon, 4 columns")
    expect(desk.get_by_label("Schlagworte")).to_have_value("tags")
    desk.get_by_label("How did they agree?").fill("A box at the checkout of our shop")
    desk.get_by_role("button", name="Check").click()
    fates = desk.locator(".fates")
    expect(fates).to_contain_text("1,200new readers")
    expect(fates).to_contain_text("1merged with another row")
    expect(fates).to_contain_text("1not taken: An e-mail address is needed")
    desk.get_by_role("button", name="Import", exact=True).click()
    expect(desk.locator(".pill-done")).to_be_visible()


def write(desk: Page, folder: Path) -> None:
    desk.get_by_label("Subject:").fill(SUBJECT)
    desk.get_by_label("Body:").fill(BODY)
    picture = folder / "quay.png"
    picture.write_bytes(PNG)
    desk.get_by_label("Image to upload").set_input_files(picture)
    expect(desk.locator(".autosave")).to_contain_text("quay.png is there")
    desk.keyboard.type("The quay at noon")
    expect(desk.locator("#id_readers_helptext")).to_contain_text("1,200 confirmed readers")
    expect(desk.get_by_label("Body:")).to_have_value(f"{BODY}{desk_image(desk)}")
    desk.get_by_role("button", name="Check and send…").click()


def desk_image(desk: Page) -> str:
    return desk.get_by_label("Body:").input_value().removeprefix(BODY)


def send(desk: Page) -> None:
    expect(desk.locator(".is-blocked")).to_contain_text("no postal address")
    desk.locator(".is-blocked").get_by_role("link", name="Repair it").click()
    desk.get_by_label("Postal address").fill("The Slow Web, 12 Harbour Street, Hamburg")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.get_by_role("link", name="Home").click()
    desk.locator(".first-steps").get_by_role("link", name="Check it and send it").click()
    expect(desk.locator(".count")).to_contain_text(f"{READERS:,} readers")
    expect(desk.locator(".findings")).not_to_contain_text("alternative text")
    button = desk.get_by_role("button", name=f"Send to {READERS:,} readers")
    button.click()
    expect(desk.locator(".errorlist")).to_contain_text("Tick what you accept")
    for box in desk.get_by_role("checkbox").all():
        box.check()
    button.click()
    expect(desk.locator(".errorlist")).to_contain_text("Type the number of readers, 1,200")
    desk.get_by_label("Type the number").fill(str(READERS))
    button.click()
    expect(desk.locator(".status")).to_contain_text("Audience: all readers")


def leave(desk: Page, letter: EmailMessage) -> None:
    desk.goto(letter["List-Unsubscribe"].strip("<>"))
    desk.get_by_role("button", name="Unsubscribe").click()
    expect(desk.locator("main")).to_contain_text("unsubscribed")


def ask(desk: Page) -> None:
    desk.locator(".last-issues a").first.click()
    desk.get_by_role("link", name="Why did somebody get it").click()
    desk.get_by_label("The reader's address").fill("reader7@example.org")
    desk.get_by_role("button", name="Ask").click()
    expect(desk.locator(".answer")).to_contain_text("Sent: the provider took it")
    desk.get_by_label("The reader's address").fill("stranger@example.org")
    desk.get_by_role("button", name="Ask").click()
    expect(desk.locator(".answer")).to_contain_text("no subscription to this newsletter")


def export(desk: Page) -> dict[str, str]:
    """Return each exported reader's status."""
    desk.get_by_role("link", name="Imports", exact=True).click()
    desk.get_by_role("link", name="Export readers").click()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Export").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as lines:
        return {row["email"]: row["status"] for row in csv.DictReader(lines)}


def letter_to(address: str, letters) -> EmailMessage:
    return next(letter.message for letter in letters if letter.recipient == address)


def words(message: EmailMessage) -> str:
    return message.get_body(("plain",)).get_content()
