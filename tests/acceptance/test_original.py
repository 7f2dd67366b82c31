"""What the tests of the original promise: one short test each, through the same door.

The original is the service of the book *Zero To Production In Rust*. Rules with many cases have
their tables beside the code; the stories of this folder go through several of these at once.
"""

import re
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from newsletter.models import Delivery, Issue, Subscription
from tests.factories import default_newsletter, make_issue, make_subscription
from tests.newsletter.sending import make_ready, path_of, seen_by

PASSWORD = "everything has to start somewhere"
FORM = {"name": "le guin", "email": "ursula_le_guin@gmail.com"}
DESK = "/admin/newsletter/issue/"
CHANGE_PASSWORD = "/admin/password_change/"


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("admin", "admin@example.org", PASSWORD)


@pytest.fixture
def logged_in(admin) -> Client:
    client = Client()
    assert log_in(client).status_code == 302
    return client


@pytest.fixture
def broken_ledger(transactional_db):
    """A database in which no mail can be promised."""
    default_newsletter()
    rename = "ALTER TABLE newsletter_delivery RENAME COLUMN {} TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename.format("state", "lost"))
        yield
        cursor.execute(rename.format("lost", "state"))


def log_in(client, password=PASSWORD):
    return client.post("/admin/login/?next=/admin/", {"username": "admin", "password": password})


def change_password(client, *, old=PASSWORD, new="a new and long password", again=None):
    form = {"old_password": old, "new_password1": new, "new_password2": again or new}
    return client.post(CHANGE_PASSWORD, form)


def leads_to_log_in(response) -> bool:
    return response.status_code == 302 and urlsplit(response.url).path == "/admin/login/"


class TestHealthCheck:
    def test_it_answers_200_with_an_empty_body(self, client):
        response = client.get("/health_check")
        assert (response.status_code, response["Content-Length"]) == (200, "0")


@pytest.mark.django_db
class TestSubscriptions:
    def test_a_valid_form_is_answered_with_200(self, client):
        assert client.post("/subscriptions", FORM).status_code == 200

    def test_a_valid_form_is_stored_as_pending(self, client):
        client.post("/subscriptions", FORM)
        reader = Subscription.objects.get()
        assert (reader.email, reader.name) == ("ursula_le_guin@gmail.com", "le guin")
        assert reader.status == "pending_confirmation"

    @pytest.mark.parametrize(
        "form",
        [{"name": "le guin"}, {"email": "ursula_le_guin@gmail.com"}, {}],
        ids=["without an address", "without a name", "without both"],
    )
    def test_missing_fields_are_answered_with_400(self, client, form):
        assert client.post("/subscriptions", form).status_code == 400

    @pytest.mark.parametrize(
        "change",
        [{"name": ""}, {"email": ""}, {"email": "definitely-not-an-email"}],
        ids=["empty name", "empty address", "invalid address"],
    )
    def test_invalid_fields_are_answered_with_400(self, client, change):
        assert client.post("/subscriptions", {**FORM, **change}).status_code == 400
        assert not Subscription.objects.exists()

    @pytest.mark.parametrize("name", ["ё" * 256, "Ursula Le Guin"])
    def test_a_name_of_256_graphemes_is_valid(self, client, name):
        assert client.post("/subscriptions", {**FORM, "name": name}).status_code == 200

    @pytest.mark.parametrize("name", ["a" * 257, " ", *'/()"<>\\{}'])
    def test_a_name_that_is_longer_blank_or_code_is_not(self, client, name):
        assert client.post("/subscriptions", {**FORM, "name": name}).status_code == 400

    @pytest.mark.parametrize("address", ["", "ursuladomain.com", "@domain.com"])
    def test_an_address_needs_a_subject_and_an_at(self, client, address):
        assert client.post("/subscriptions", {**FORM, "email": address}).status_code == 400

    def test_a_valid_form_promises_a_confirmation_mail(self, client):
        client.post("/subscriptions", FORM)
        assert Delivery.objects.get().kind == "confirmation"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("broken_ledger")
    def test_a_fatal_database_error_is_an_error_and_stores_nothing(self):
        client = Client(raise_request_exception=False)
        assert client.post("/subscriptions", FORM).status_code == 500
        assert not Subscription.objects.exists()


class TestConfirmations:
    """The mail comes from the real worker: its links are what a reader can click."""

    @pytest.fixture
    def link(self, service) -> str:
        service.mail.start()
        service.start_web()
        service.sign_up(FORM["email"])
        assert service.run("deliver", "--drain").returncode == 0
        letter = service.mail.wait_for(FORM["email"])
        links = {
            kind: set(re.findall(r'https?://[^\s"<]+/confirm\?[^\s"<]+', letter.part(kind)))
            for kind in ("plain", "html")
        }
        assert links["plain"] == links["html"]
        [link] = links["plain"]
        return str(link)

    def test_the_links_of_both_parts_are_the_same_and_confirm(self, service, link):
        assert service.get(link).status_code == 200
        assert service.post(link).status_code == 200
        assert Subscription.objects.get().status == "confirmed"

    @pytest.mark.django_db
    def test_without_a_token_the_answer_is_400(self, client):
        assert client.get("/subscriptions/confirm").status_code == 400

    @pytest.mark.django_db
    def test_an_unknown_token_is_answered_with_401(self, client):
        assert client.get("/subscriptions/confirm?subscription_token=x").status_code == 401


class TestPublishing:
    @pytest.fixture
    def sent(self, service):
        """Return a function that publishes an issue, sends what is due and returns the mails."""

        def publish():
            service.mail.start()
            assert service.publish("Newsletter title", "Newsletter body").returncode == 0
            assert service.run("deliver", "--drain").returncode == 0
            return [letter.recipient for letter in service.mail.letters]

        return publish

    def test_unconfirmed_people_get_no_issue(self, sent):
        make_subscription(FORM["email"], status="pending_confirmation")
        assert sent() == []

    def test_confirmed_readers_get_one_each(self, sent):
        make_subscription(FORM["email"])
        make_subscription("paul@example.org")
        assert sorted(sent()) == ["paul@example.org", FORM["email"]]

    def test_an_issue_needs_a_subject_and_a_body(self, logged_in):
        default = default_newsletter().pk
        for form in ({"subject": "A subject"}, {"body": "A body"}, {}):
            assert logged_in.post(f"{DESK}add/", {"newsletter": default, **form}).status_code == 200
        assert not Issue.objects.exists()

    def test_publishing_twice_is_publishing_once(self, logged_in):
        issue = make_ready()
        form = seen_by(logged_in, issue)
        for _ in range(2):
            assert logged_in.post(path_of(issue), form).status_code == 302
        published = Issue.objects.get()
        logged_in.post(path_of(issue), form)
        assert Issue.objects.get().published_at == published.published_at is not None

    @pytest.mark.django_db(transaction=True)
    def test_publishing_at_the_same_time_is_publishing_once(self, logged_in):
        issue = make_ready()
        form = seen_by(logged_in, issue)
        start, answers = Barrier(2), []

        def press() -> None:
            client = Client()
            client.cookies = logged_in.cookies
            start.wait()
            answers.append(client.post(path_of(issue), form).status_code)
            connection.close()

        threads = [Thread(target=press) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [302, 302]
        assert Issue.objects.get().state == "expanding"


@pytest.mark.usefixtures("admin")
class TestTheDoorOfTheAdmin:
    def test_a_stranger_does_not_see_the_first_page(self, client):
        assert leads_to_log_in(client.get("/admin/"))

    def test_a_stranger_does_not_see_the_form_of_an_issue(self, client):
        assert leads_to_log_in(client.get(f"{DESK}add/"))

    def test_a_stranger_does_not_publish(self, client):
        issue = make_issue()
        assert leads_to_log_in(client.post(f"{DESK}{issue.pk}/publish/"))
        assert Issue.objects.get().state == "draft"

    def test_a_wrong_password_is_said_once(self, client):
        response = log_in(client, "a wrong password")
        assert response.status_code == 200
        assert "Please enter the correct username and password" in response.text
        assert "Please enter" not in client.get("/admin/login/").text
        assert leads_to_log_in(client.get("/admin/"))

    def test_an_unknown_name_is_answered_in_the_same_words(self, client):
        form = {"username": "nobody", "password": PASSWORD}
        assert "Please enter the correct" in client.post("/admin/login/", form).text

    def test_the_right_password_leads_to_the_first_page(self, client):
        assert log_in(client).url == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_after_log_out_nothing_is_seen(self, logged_in):
        assert logged_in.post("/admin/logout/").status_code == 200
        assert leads_to_log_in(logged_in.get("/admin/"))


@pytest.mark.django_db
class TestChangingThePassword:
    def test_a_stranger_does_not_see_the_form(self, client):
        assert leads_to_log_in(client.get(CHANGE_PASSWORD))

    def test_a_stranger_does_not_change_it(self, client, admin):
        assert leads_to_log_in(change_password(client))
        admin.refresh_from_db()
        assert admin.check_password(PASSWORD)

    def test_both_new_passwords_must_match(self, logged_in):
        response = change_password(logged_in, again="another long password")
        assert "match." in response.text

    def test_the_old_password_must_be_right(self, logged_in):
        response = change_password(logged_in, old="a wrong password")
        assert "Your old password was entered incorrectly" in response.text

    def test_a_new_password_must_be_long(self, logged_in):
        assert "too short" in change_password(logged_in, new="a1b2c3d").text

    def test_the_new_password_opens_the_door_and_the_old_one_does_not(self, logged_in):
        assert change_password(logged_in).status_code == 302
        logged_in.post("/admin/logout/")
        assert log_in(logged_in).status_code == 200
        assert log_in(logged_in, "a new and long password").status_code == 302
