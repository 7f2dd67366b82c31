"""The page before an issue goes out, through its door: what was seen is what is sent, once."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone

from newsletter import publishing
from newsletter.models import Issue, Newsletter, Subscription, Worker
from tests.factories import make_issue, make_subscription
from tests.newsletter.sending import make_ready, path_of, seen_by, send

pytestmark = pytest.mark.django_db


def words(response):
    return response.content.decode()


def state():
    return Issue.objects.get().state


def test_it_counts_who_gets_it_and_who_does_not(editor):
    issue = make_ready()
    make_subscription("a@example.org", status="unsubscribed")
    make_subscription("b@example.org", status="bounced")
    page = words(editor.get(path_of(issue)))
    assert "<strong>1</strong> reader of Newsletter" in page
    assert "1 bounced" in page
    assert "1 unsubscribed" in page
    assert 'value="Send to 1 reader"' in page


def test_it_says_whom_a_copy_is_for(editor):
    """A copy keeps the conditions of the issue that went out, and has no segment."""
    issue = make_ready(audience={"conditions": [{"what": "has_tag", "value": "vip"}]})
    assert "<dd>has the tag vip</dd>" in words(editor.get(path_of(issue)))
    Issue.objects.update(audience=None)
    assert "<dd>all readers</dd>" in words(editor.get(path_of(issue)))


def test_a_blocker_blocks_and_names_where_to_repair_it(editor):
    issue = make_ready()
    form = seen_by(editor, issue)
    Newsletter.objects.update(postal_address="")
    page = words(editor.get(path_of(issue)))
    assert "no postal address" in page
    assert f"/newsletter/newsletter/{issue.newsletter_id}/change/" in page
    assert 'type="submit" class="default primary"' not in page
    editor.post(path_of(issue), form)
    editor.post(path_of(issue), {**form, "seen": seen_by(editor, issue)["seen"]})
    assert state() == "draft"


def test_each_warning_needs_its_tick(editor):
    issue = make_ready(body="TODO: [words](https://example.org/)")
    form = seen_by(editor, issue)
    assert {"unfinished", "nobodys_links"} <= set(form["accept"])
    for missing in form["accept"]:
        accepted = [rule for rule in form["accept"] if rule != missing]
        page = editor.post(path_of(issue), {**form, "accept": accepted})
        assert "Tick what you accept" in words(page)
        assert state() == "draft"
    editor.post(path_of(issue), form)
    assert state() == "expanding"


def test_what_was_ticked_stays_ticked(editor):
    issue = make_ready(body="TODO")
    form = {**seen_by(editor, issue), "accept": ["unfinished"]}
    page = words(editor.post(path_of(issue), form))
    assert 'value="unfinished" checked' in page
    assert 'value="worker" checked' not in page


def test_many_readers_are_typed(editor):
    Worker.objects.create(host="here", pid=1)
    issue = make_ready()
    Subscription.objects.bulk_create(
        Subscription(
            newsletter=issue.newsletter,
            email=f"reader{number}@example.org",
            status="confirmed",
            confirmed_at=timezone.now(),
        )
        for number in range(1000)
    )
    form = seen_by(editor, issue)
    for typed in ("", "1000", "a lot", "1,0011", "9" * 30):
        page = editor.post(path_of(issue), {**form, "typed": typed})
        assert state() == "draft"
        assert "Type the number of readers" in words(page)
    editor.post(path_of(issue), {**form, "typed": "1,001"})
    assert state() == "expanding"


def test_posting_twice_sends_once_and_says_so(editor):
    issue = make_ready()
    form = seen_by(editor, issue)
    editor.post(path_of(issue), form)
    published = Issue.objects.get()
    page = editor.post(path_of(issue), form, follow=True)
    assert "by the first press of the button, and only once" in words(page)
    assert Issue.objects.get().published_at == published.published_at


def test_a_page_from_before_it_was_taken_back_sends_nothing(editor, settings):
    settings.UNDO_SECONDS = 60
    issue = make_ready()
    form = seen_by(editor, issue)
    editor.post(path_of(issue), form)
    publishing.take_back(issue_id=issue.pk)
    page = editor.post(path_of(issue), form, follow=True)
    assert "changed since you looked" in words(page)
    assert state() == "draft"


@pytest.mark.parametrize(
    "change",
    [
        lambda: Issue.objects.update(body="Other words", version=2),
        lambda: Issue.objects.update(body="Other words"),
        lambda: Issue.objects.update(preheader="Another line"),
        lambda: Newsletter.objects.update(postal_address="2 Other Street"),
        lambda: Newsletter.objects.update(sender_email="other@example.org"),
    ],
)
def test_what_changed_since_is_looked_at_again(editor, change):
    issue = make_ready()
    form = seen_by(editor, issue)
    change()
    page = editor.post(path_of(issue), form, follow=True)
    assert "changed since you looked" in words(page)
    assert state() == "draft"


@pytest.mark.parametrize(
    "seen",
    ["", "x", "a.b.c", signing.dumps({"issue": 1}, salt="other")],
    ids=["nothing", "a letter", "three letters", "signed for another purpose"],
)
def test_a_check_that_was_not_made_here_sends_nothing(editor, seen):
    issue = make_ready()
    page = editor.post(path_of(issue), {**seen_by(editor, issue), "seen": seen}, follow=True)
    assert "The check is too old" in words(page)
    assert state() == "draft"


def test_the_check_of_one_issue_sends_no_other(editor):
    other, issue = make_issue("Other"), make_ready()
    editor.post(path_of(other), seen_by(editor, issue), follow=True)
    assert set(Issue.objects.values_list("state", flat=True)) == {"draft"}


def test_a_time_has_its_zone(editor):
    issue = make_ready()
    day = timezone.now() + timedelta(days=30)
    later = {"when": "later", "clock": f"{day:%Y-%m-%d}T09:00", "zone": "Pacific/Auckland"}
    editor.post(path_of(issue), {**seen_by(editor, issue), **later})
    issue.refresh_from_db()
    assert issue.state == "scheduled"
    assert issue.publish_at.hour in {20, 21}


@pytest.mark.parametrize("clock", ["", "soon", "2020-01-01T09:00", "2099-13-01T09:00"])
def test_a_bad_time_is_told_and_nothing_is_done(editor, clock):
    issue = make_ready()
    form = {**seen_by(editor, issue), "when": "later", "clock": clock, "zone": "Europe/Berlin"}
    page = editor.post(path_of(issue), form)
    assert page.context["form"].errors
    assert 'class="errorlist' in words(page)
    assert state() == "draft"


def test_some_get_it_first(editor):
    issue = make_ready()
    editor.post(path_of(issue), {**seen_by(editor, issue), "first": "1", "wait": "10m"})
    issue.refresh_from_db()
    assert (issue.state, issue.stage_size) == ("expanding", 1)


def test_a_bad_number_of_first_readers_is_told(editor):
    issue = make_ready()
    page = editor.post(path_of(issue), {**seen_by(editor, issue), "first": "some"})
    assert page.context["form"].non_field_errors()
    assert state() == "draft"


def test_who_wrote_it_may_not_send_it_where_four_eyes_are_the_rule(editor, settings):
    settings.FOUR_EYES = True
    user = editor.get("/admin/").wsgi_request.user
    issue = make_ready(author=user)
    assert "somebody else has to send it" in words(editor.get(path_of(issue)))
    send(editor, issue)
    assert state() == "draft"


def test_an_issue_that_is_out_has_no_such_page(editor):
    issue = make_ready(state="sent")
    page = editor.get(path_of(issue), follow=True)
    assert "not sent a second time" in words(page)


def test_who_may_not_publish_is_refused(onlooker):
    issue = make_issue()
    assert onlooker.get(path_of(issue)).status_code == 403
    assert onlooker.post(path_of(issue)).status_code == 403


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_what_an_editor_wrote_is_text_on_the_page(editor, text):
    issue = make_ready(text, body=f"TODO {text} [x]({text}) {{{{ {text} }}}}")
    page = words(editor.get(path_of(issue)))
    assert text not in page
    assert "onerror=alert" not in page.replace("onerror=alert(1)&gt;", "")
