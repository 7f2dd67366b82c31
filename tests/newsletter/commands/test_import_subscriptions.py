"""`manage.py import_subscriptions` and `export_subscriptions`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from newsletter.models import Import, ImportPart, Newsletter, Segment, Subscription
from tests.factories import default_newsletter, make_subscription
from tests.newsletter.importing.files import SOURCE

pytestmark = pytest.mark.django_db

FILE = "E-Mail,Name,Stadt,x\nada@example.org,Ada,Oslo,1\nnobody,N,,\nada@example.org,Ada K,Rome,\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "readers.csv"
    path.write_text(FILE)
    return path


def run(*words: object, **options: object) -> str:
    said = StringIO()
    call_command("import_subscriptions", *map(str, words), stdout=said, stderr=said, **options)
    return said.getvalue()


def test_it_says_what_became_of_each_row(file, tmp_path):
    errors = tmp_path / "errors.csv"
    said = run(file, "--source", SOURCE, "--errors", errors, "--tag", "old site")
    assert "readers.csv, read as utf-8, comma, 4 columns" in said
    for line in ("3 rows", "1 not taken: This is not", "1 merged", "1 new readers"):
        assert line in said
    assert errors.read_text().splitlines()[1].startswith("3,E-Mail,nobody,")
    reader = Subscription.objects.get()
    assert (reader.name, reader.tags) == ("Ada K", ["old site"])
    assert not ImportPart.objects.exists()


def test_columns_can_be_named(file):
    run(file, "--source", SOURCE, "--map", "city=Stadt", "--other-columns", "skip")
    assert Subscription.objects.get().attributes == {"city": "Rome"}


def test_a_dry_run_imports_nothing_and_can_be_carried_out(file):
    said = run(file, "--dry-run", "--source", SOURCE)
    assert "1 new readers" in said
    assert "nothing is imported" in said
    assert not Subscription.objects.exists()
    assert "1 new readers" in run("--resume", Import.objects.get().pk)
    assert Subscription.objects.count() == 1


def test_a_dry_run_needs_no_source_and_leaves_nothing(file):
    assert "1 new readers" in run(file, "--dry-run")
    assert Import.objects.get().state == Import.State.CANCELLED
    assert not ImportPart.objects.exists()


def test_an_import_is_undone(file):
    run(file, "--source", SOURCE)
    assert "1 removed" in run("--undo", Import.objects.get().pk)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "how these people agreed"),
        (["--source", "x" * 201], "at most 200 characters"),
        (["--source", SOURCE, "--newsletter", "none"], "no newsletter 'none'"),
        (["--source", SOURCE, "--map", "email=Mail"], "has no column 'Mail'"),
        (["--source", SOURCE, "--map", "email"], "takes FIELD=COLUMN"),
        (["--source", SOURCE, "--map", "status=x"], "decide whether that is taken"),
        (["--source", SOURCE, "--tag", " x"], "1 to 50 characters"),
        (["--source", SOURCE, "--encoding", "utf-16"], "no readers below"),
    ],
)
def test_a_mistake_is_a_sentence_and_imports_nobody(file, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(file, *words)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("words", [["--resume", "99"], ["/nowhere/readers.csv"], ["/"]])
def test_what_is_not_there_is_a_sentence(words):
    with pytest.raises(CommandError, match=r"no import 99|cannot be read"):
        run(*words, *([] if "--resume" in words else ["--source", SOURCE]))


def test_an_unknown_import_is_not_undone():
    with pytest.raises(CommandError, match="no import 99"):
        run("--undo", 99)


def exported(*words: str) -> str:
    said = StringIO()
    call_command("export_subscriptions", *words, stdout=said)
    return said.getvalue()


def test_an_export_is_chosen_by_newsletter_status_and_segment(tmp_path):
    make_subscription("ada@example.org", tags=["vip"])
    make_subscription("gone@example.org", status="unsubscribed", tags=["vip"])
    make_subscription("b@example.org")
    other = Newsletter.objects.create(slug="other", title="Other")
    make_subscription("c@example.org", newsletter=other)
    Segment.objects.create(
        newsletter=default_newsletter(),
        name="VIP",
        slug="vip",
        definition={"conditions": [{"what": "has_tag", "value": "vip"}]},
    )

    def addresses(*words: str) -> set[str]:
        return {line.partition(",")[0] for line in exported(*words).splitlines()[1:]}

    assert addresses("--newsletter", "other") == {"c@example.org"}
    assert addresses("--status", "unsubscribed") == {"gone@example.org"}
    assert addresses("--segment", "vip") == {"ada@example.org", "gone@example.org"}
    file = tmp_path / "out.csv"
    assert exported("--bom", "--output", str(file)) == ""
    assert file.read_bytes().startswith(b"\xef\xbb\xbfemail,name")


@pytest.mark.parametrize("words", [["--newsletter", "none"], ["--segment", "none"]])
def test_an_export_of_what_is_not_there_is_a_sentence(words):
    with pytest.raises(CommandError, match=r"no (newsletter|segment)"):
        exported(*words)
