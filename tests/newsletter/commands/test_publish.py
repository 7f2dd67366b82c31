"""`manage.py publish`, as an operator types it."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter.models import Issue, Newsletter
from tests.factories import default_newsletter, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def body_file(tmp_path):
    file = tmp_path / "issue.md"
    file.write_text("\ufeff# Grüße\n\nText", encoding="utf-8")
    return file


def publish(capsys, file, *options, subject="Hello", newsletter="default"):
    call_command(
        "publish",
        f"--newsletter={newsletter}",
        f"--subject={subject}",
        f"--body-file={file}",
        *options,
    )
    return capsys.readouterr()


def test_the_issues_id_is_the_last_word(capsys, body_file):
    out = publish(capsys, body_file).out
    issue = Issue.objects.get()
    assert out.split()[-1] == str(issue.pk)
    assert (issue.state, issue.subject, issue.body) == ("expanding", "Hello", "# Grüße\n\nText")


def test_the_same_key_is_the_same_issue(capsys, body_file):
    first = publish(capsys, body_file, "--key=k").out.split()[-1]
    assert publish(capsys, body_file, "--key=k").out.split()[-1] == first
    with pytest.raises(CommandError, match="belongs to issue"):
        publish(capsys, body_file, "--key=k", subject="Other")


def test_a_time_schedules(capsys, body_file):
    at = (timezone.now() + timedelta(days=1)).isoformat()
    out = publish(capsys, body_file, f"--at={at}").out
    assert Issue.objects.get().state == "scheduled"
    assert "scheduled for" in out


def test_some_get_it_first(capsys, body_file):
    publish(capsys, body_file, "--first=1000", "--wait=2h", "--max-failures=2.5")
    issue = Issue.objects.get()
    assert (issue.stage, issue.stage_size, issue.stage_wait) == ("first", 1000, timedelta(hours=2))
    assert (str(issue.stage_failure_limit), str(issue.stage_complaint_limit)) == ("2.50", "0.10")


def test_a_missing_postal_address_is_a_warning(capsys, body_file):
    make_subscription()
    assert "no postal address" in publish(capsys, body_file).err
    newsletter = default_newsletter()
    newsletter.postal_address = "1 Main Street"
    newsletter.save()
    assert publish(capsys, body_file).err == ""


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"first": "many"}, "Say how many get it first"),
        ({"first": "5", "wait": "soon"}, "Say how long to wait"),
        ({"wait": "30m"}, "--wait, --max-failures and --max-complaints need --first N"),
        ({"newsletter": "nosuch"}, "There is no newsletter 'nosuch'"),
        ({"subject": " "}, "Subject: This field cannot be blank"),
        ({"subject": "a\nb"}, "Subject: This is one line"),
        ({"file": "/nonexistent/issue.md"}, "/nonexistent/issue.md cannot be read"),
        ({"at": "2099-01-01T09:00"}, "The time needs a zone"),
        ({"at": "2020-01-01T09:00Z"}, "The time is past"),
        ({"at": "tomorrow"}, "'tomorrow' is not a time"),
        ({"key": ""}, "--key must not be blank"),
        ({"key": " "}, "--key must not be blank"),
    ],
)
def test_a_mistake_is_one_sentence(capsys, body_file, given, sentence):
    given = dict(given)
    names = ("at", "key", "first", "wait")
    options = [f"--{name}={given.pop(name)}" for name in names if name in given]
    with pytest.raises(CommandError) as refused:
        publish(capsys, given.pop("file", body_file), *options, **given)
    assert str(refused.value).startswith(sentence)
    assert refused.value.returncode == 1
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [(b"\xff\xfe", "is not UTF-8"), (b" \n", "The body is blank"), (b"a\0b", "control character")],
)
def test_a_file_that_is_no_text_is_refused(capsys, tmp_path, octets, sentence):
    file = tmp_path / "issue.md"
    file.write_bytes(octets)
    with pytest.raises(CommandError, match=sentence):
        publish(capsys, file)


def test_a_field_that_no_reader_has_is_warned_of(tmp_path, capsys):
    body = tmp_path / "body.md"
    body.write_text("In {town|your town}, {name}, `{code}`")
    call_command(
        "publish", "--newsletter", "default", "--subject", "Hello", "--body-file", str(body)
    )
    told = capsys.readouterr().err
    assert "No reader has such an attribute" in told
    assert "{town|your town}" in told
    assert "{name}" not in told
    assert "{code}" not in told


class TestStrict:
    BODY = "Look: ![a dog](/images/gone.png) and [there]()"

    @pytest.fixture
    def unsound(self, tmp_path):
        file = tmp_path / "unsound.md"
        file.write_text(self.BODY)
        return file

    def test_what_the_check_forbids_is_warned_of(self, capsys, unsound):
        told = publish(capsys, unsound).err
        assert "An image is not there any more: http" in told
        assert "A link leads nowhere" in told
        assert "Nobody would get it" in told
        assert Issue.objects.get().state == "expanding"

    def test_and_refused_if_that_is_wanted(self, capsys, unsound, body_file):
        with pytest.raises(CommandError, match=r"Nothing was published.*no postal address"):
            publish(capsys, body_file, "--strict")
        make_subscription()
        Newsletter.objects.update(postal_address="1 Main Street")
        with pytest.raises(CommandError, match=r"An image is not there any more: http.*gone"):
            publish(capsys, unsound, "--strict")
        assert not Issue.objects.exists()
        assert publish(capsys, body_file, "--strict").err == ""
        assert Issue.objects.get().state == "expanding"

    def test_a_key_that_was_published_stays_so(self, capsys, unsound):
        first = publish(capsys, unsound, "--key=k").out
        assert publish(capsys, unsound, "--key=k", "--strict").out == first
