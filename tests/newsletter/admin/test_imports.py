"""The pages of imports and exports."""

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from newsletter import importing
from newsletter.models import Import, ImportPart, Newsletter, Subscription
from tests.factories import default_newsletter, make_subscription
from tests.newsletter.importing.files import SOURCE, fates, keep, work
from zero2prod.staff.models import AuditEntry

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/newsletter/import/add/"
FILE = "E-Mail;Name;Stadt\nada@example.org;Ada;Oslo\nnobody;N;\n=1@x.org;@SUM(A1);\n"


def upload(client: Client, content: str | bytes = FILE, **fields: str):
    octets = content if isinstance(content, bytes) else content.encode()
    return client.post(UPLOAD, {**fields, "file": SimpleUploadedFile("readers.csv", octets)})


def chosen(batch: Import, **fields: str) -> dict[str, str]:
    mapping = enumerate(batch.choices["mapping"])
    columns = {f"column_{number}": target for number, target in mapping}
    return {
        "newsletter": str(batch.newsletter_id),
        "source": SOURCE,
        "tags": "",
        **columns,
        **fields,
    }


def page(batch: Import, name: str = "change") -> str:
    return reverse(f"admin:newsletter_import_{name}", args=[batch.pk])


@pytest.fixture
def uploaded(editor) -> Import:
    upload(editor)
    return Import.objects.get()


@pytest.fixture
def checked(editor, uploaded) -> Import:
    editor.post(page(uploaded), chosen(uploaded, tags="old site"))
    return work(uploaded)


def test_a_file_is_uploaded_chosen_checked_imported_and_taken_back(editor):
    answer = upload(editor)
    batch = Import.objects.get()
    assert answer.url == page(batch)

    answer = editor.get(page(batch))
    assert "utf-8, semicolon, 3 columns" in answer.content.decode()
    assert "ada@example.org" in answer.content.decode()

    answer = editor.post(page(batch), chosen(batch, tags="old site, x"))
    assert answer.url == page(batch)
    assert "bytes read" in editor.get(page(batch)).content.decode()
    importing.step()
    assert "rows checked" in editor.get(page(batch, "fragment")).content.decode()
    batch = work(batch)
    assert fates(batch) == {"new": 1}
    assert not Subscription.objects.exists()
    assert "what would become of each row" in editor.get(page(batch)).content.decode()

    editor.post(page(batch, "carry_out"), {"revision": batch.revision})
    batch = work(batch)
    assert batch.state == Import.State.DONE
    assert Subscription.objects.get(name="Ada").tags == ["old site", "x"]
    assert Subscription.objects.get(name="Ada").source == SOURCE

    assert "nothing since" in editor.get(page(batch, "undo")).content.decode()
    editor.post(page(batch, "undo"))
    assert work(batch).state == Import.State.UNDONE
    assert not Subscription.objects.exists()
    assert "removed" in editor.get(page(batch)).content.decode()
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {f"import.{act}" for act in ("uploaded", "checked", "started", "undone")} <= verbs


def test_who_has_left_is_asked_where_a_column_says_it(editor):
    question = "If a column says who has left"
    batch = keep("email;note;tags\r\nada@example.org;;\r\nbo@example.org;late;vip\r\n")
    body = editor.get(page(batch)).content.decode()
    assert question not in body
    assert "<span>vip</span>" in body  # though the first row has no tag
    assert "nobody is mailed by an import" in body
    answer = editor.post(page(batch), chosen(batch, column_1="unsubscribed_at"))
    assert question in answer.content.decode()
    telling = keep("email;status\r\na@example.org;confirmed\r\n")
    assert question in editor.get(page(telling)).content.decode()


def test_what_was_not_taken_is_a_file_without_formulas(editor, checked):
    answer = editor.get(page(checked, "faults"))
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert answer["Content-Disposition"].startswith("attachment")
    assert lines[0] == "line,column,value,reason"
    assert lines[1].startswith("3,E-Mail,nobody,")
    assert lines[2].startswith("4,Name,'@SUM(A1),")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04" + b"\0" * 5000, "ZIP archive"),
        (b"\x89PNG\0" * 300, "NUL bytes"),
        (b"", "empty"),
        (b"email\n", "no readers below"),
        ("email;name\na@example.org;Łukasz".encode("cp1250"), "not UTF-8"),
    ],
)
def test_what_is_no_file_of_readers_is_a_sentence(editor, content, sentence):
    answer = upload(editor, content)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Import.objects.exclude(state=Import.State.FAILED).exists()


def test_a_form_without_a_file_is_a_sentence(editor):
    answer = editor.post(UPLOAD, {"encoding": ""})
    assert answer.status_code == 400
    assert "Choose a file." in answer.content.decode()


def test_an_encoding_can_be_said(editor):
    upload(editor, "email;name\na@example.org;ÆØÅ\n".encode("cp1252"), encoding="windows-1252")
    assert Import.objects.get().layout["samples"] == [["a@example.org", "ÆØÅ"]]


def test_a_gigabyte_is_refused_unread(editor):
    answer = editor.generic(
        "POST", UPLOAD, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30)
    )
    assert answer.status_code == 413
    assert "more than 200 MB" in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_above_the_limit_is_a_sentence_and_leaves_nothing(editor, settings):
    settings.IMPORT_BYTES = 1024**2
    answer = upload(editor, "email\n" + "ada@example.org\n" * 70_000)
    assert answer.status_code == 400
    assert "more than 1 MB" in answer.content.decode()
    while importing.tidy():
        pass
    assert not ImportPart.objects.exists()


def test_a_forged_form_keeps_no_file():
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("editor"))
    assert upload(client).status_code == 403
    assert not Import.objects.exclude(state=Import.State.FAILED).exists()


@pytest.mark.parametrize("route", ["change", "carry_out", "cancel", "undo"])
def test_who_may_only_look_changes_nothing(checked, route):
    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_import"))
    client = Client()
    client.force_login(user)
    assert client.get(page(checked)).status_code == 200
    assert client.post(page(checked, route), chosen(checked)).status_code == 403
    assert upload(client).status_code == 403
    assert Import.objects.get().state == Import.State.CHECKED


def test_others_see_nothing(onlooker, checked):
    for name in ("change", "fragment", "faults", "undo"):
        assert onlooker.get(page(checked, name)).status_code == 403
    assert onlooker.get("/admin/newsletter/import/export/").status_code in {302, 403}


def test_a_form_that_is_posted_twice_imports_once(editor, checked):
    for _ in range(2):
        editor.post(page(checked, "carry_out"), {"revision": checked.revision})
    assert fates(work(checked)) == {"new": 1}
    answer = editor.post(page(checked, "carry_out"), {"revision": checked.revision}, follow=True)
    assert "is done by now" in answer.content.decode()


def test_a_page_from_before_other_choices_starts_nothing(editor, checked):
    revision = checked.revision
    editor.post(f"{page(checked)}?choices", chosen(checked, tags="other"))
    work(checked)
    answer = editor.post(page(checked, "carry_out"), {"revision": revision}, follow=True)
    assert "changed the choices meanwhile" in answer.content.decode()
    assert not Subscription.objects.exists()
    assert editor.post(page(checked, "carry_out"), {"revision": "x"}).status_code == 302
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"source": " "}, "how these people agreed"),
        ({"column_0": ""}, "has the e-mail addresses"),
        ({"column_1": "email"}, "has the e-mail addresses"),
        ({"column_1": "language", "column_2": "language"}, "Two columns cannot both be"),
        ({"column_2": "status"}, "decide whether that is taken"),
        ({"column_2": "password"}, "not one of the available choices"),
        ({"tags": "x" * 51}, "1 to 50 characters"),
        ({"newsletter": "999"}, "not one of the available choices"),
    ],
)
def test_choices_that_make_no_sense_are_a_sentence(editor, uploaded, fields, sentence):
    answer = editor.post(page(uploaded), chosen(uploaded, **fields))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Import.objects.get().state == Import.State.MAPPING


def test_what_stands_in_a_file_is_only_text_on_the_page(editor):
    upload(editor, "email,<script>alert(1)</script>\na@example.org,<img src=x onerror=y>\n")
    text = editor.get(page(Import.objects.get())).content.decode()
    assert "<script>alert" not in text
    assert "<img src=x" not in text


def test_the_list_has_the_doors(editor, checked):
    text = editor.get("/admin/newsletter/import/").content.decode()
    assert "Import readers" in text
    assert "Export readers" in text
    assert "readers.csv" in text


def test_an_export_is_a_file_and_is_written_down(editor):
    make_subscription("ada@example.org", name="Ada")
    make_subscription("gone@example.org", status="unsubscribed")
    other = Newsletter.objects.create(slug="other", title="Other")
    make_subscription("b@example.org", newsletter=other)
    form = {"newsletter": default_newsletter().pk, "status": "confirmed", "mark": "on"}
    assert "Export" in editor.get("/admin/newsletter/import/export/").content.decode()
    answer = editor.post("/admin/newsletter/import/export/", form)
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].startswith("\ufeffemail,")
    assert [line.partition(",")[0] for line in lines[1:]] == ["ada@example.org"]
    assert AuditEntry.objects.filter(verb="subscriptions.exported").exists()


def test_an_export_asks_for_the_password_after_a_while(editor, settings):
    settings.STAFF_PASSWORD_SECONDS = 0
    answer = editor.post("/admin/newsletter/import/export/", {})
    assert answer.status_code == 302
    assert "password" in answer.url
