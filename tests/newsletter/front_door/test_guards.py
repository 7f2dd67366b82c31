"""The guards stand before every way in, and are switched as one."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client

from newsletter.guarding.budgets import CLIENT_AN_HOUR, NETWORK_AN_HOUR
from newsletter.models import Delivery, Subscription
from tests.factories import default_newsletter
from tests.newsletter.doctor.servers import names
from tests.newsletter.front_door.posts import WAYS, age_allowances, post_form, post_page

pytestmark = pytest.mark.django_db
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def behind_a_proxy(settings):
    settings.CLIENT_IP_HEADER = "X-Client"
    settings.SIGNUP_PROOF = "never"


def sign_up_from(client, address, email, way="form"):
    client.defaults["HTTP_X_CLIENT"] = address
    return WAYS[way](client, email=email).status_code


# Traps


@every_way
def test_a_bot_that_fills_the_hidden_field_gets_the_usual_answer_and_nothing_else(client, way):
    honest = WAYS[way](client, email="a@example.org")
    trapped = WAYS[way](client, email="b@example.org", comment="Buy now")
    assert trapped.status_code == honest.status_code
    assert trapped.content == honest.content
    assert Subscription.objects.get().email == "a@example.org"


@every_way
def test_a_form_that_comes_back_at_once_is_asked_to_press_again(client, way, settings):
    settings.SIGNUP_FILL_SECONDS = 30
    clock = client.get("/").context["clock"]
    response = WAYS[way](client, clock=clock)
    assert response.status_code == 400
    assert "press the button once more" in response.text
    assert not Subscription.objects.exists()
    settings.SIGNUP_FILL_SECONDS = 0
    assert WAYS[way](client, clock=clock).status_code == 200, "the clock runs on"


def test_the_page_that_asks_again_has_all_that_was_typed_and_the_first_clock(client, settings):
    settings.SIGNUP_FILL_SECONDS = 30
    clock = client.get("/").context["clock"]
    again = post_page(client, clock=clock)
    assert 'value="ursula@example.org"' in again.text
    assert again.context["clock"] == clock


@every_way
@pytest.mark.parametrize("clock", ["1", "1:2", "0:" + "A" * 43, "9" * 16 + ":" + "A" * 43, "é:x"])
def test_a_clock_that_was_not_set_here_does_not_count(client, way, clock):
    response = WAYS[way](client, clock=clock)
    assert response.status_code == 400
    assert not Subscription.objects.exists()


def test_a_form_of_another_site_and_a_program_have_no_clock_and_are_taken(client, settings):
    settings.SIGNUP_FILL_SECONDS = 30
    assert post_form(client).status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize("field", ["comment", "clock", "kept", "proof", "ticket"])
def test_what_is_for_the_guards_is_given_once(client, accept, field):
    body = f"name=Ursula&email=ursula@example.org&{field}=&{field}=x"
    form = "application/x-www-form-urlencoded"
    response = client.post("/subscriptions", body, content_type=form, headers={"accept": accept})
    assert response.status_code == 400
    assert f"Given more than once: {field}." in response.text
    assert not Subscription.objects.exists()


# Slips


@pytest.mark.parametrize("way", ["page", "frame"])
def test_who_mistyped_a_domain_is_asked_and_may_insist(client, way):
    asked = WAYS[way](client, email="ursula@gmial.com")
    assert asked.status_code == 200
    assert 'name="email" value="ursula@gmail.com"' in asked.text
    assert 'name="email" value="ursula@gmial.com"' in asked.text
    assert not Subscription.objects.exists()
    kept = {"kept": "yes", **asked.context["fields"]}
    assert "Check your inbox" in WAYS[way](client, **kept, email="ursula@gmial.com").text
    assert Subscription.objects.get().email == "ursula@gmial.com"


def test_a_program_is_not_asked(client):
    assert post_form(client, email="ursula@gmial.com").status_code == 200
    assert Subscription.objects.exists()


# Domains


@every_way
def test_throw_away_mailboxes_are_refused_if_the_operator_wants_it(client, way, settings):
    assert WAYS[way](client, email="a@mailinator.com").status_code == 200
    settings.SIGNUP_DISPOSABLE = "refuse"
    for domain in ("mailinator.com", "MAILINATOR.com", "a.b.mailinator.com"):
        response = WAYS[way](client, email=f"ursula@{domain}")
        assert response.status_code == 400
        assert "mailboxes to throw away" in response.text
    assert WAYS[way](client, email="b@mailinator-history.org").status_code == 200


@every_way
def test_a_domain_that_takes_no_mail_is_refused(client, way, settings):
    settings.SIGNUP_CHECK_MX = True
    nowhere = f"{way}.nomail.test-site.org"
    with names({(nowhere, "MX"): ["0 ."]}):
        response = WAYS[way](client, email=f"ursula@{nowhere}")
        assert response.status_code == 400
        assert "This domain takes no mail" in response.text
        assert WAYS[way](client, email=f"ursula@{way}.test-site.org").status_code == 200


# Limits


@every_way
def test_a_client_signs_up_twenty_times_an_hour(client, way):
    answers = [WAYS[way](client, email=f"reader{number}@example.org") for number in range(21)]
    assert [answer.status_code for answer in answers] == [200] * CLIENT_AN_HOUR + [429]
    assert 3500 < int(answers[-1]["Retry-After"]) <= 3600
    assert "try again in 60 min" in answers[-1].text
    assert Subscription.objects.count() == CLIENT_AN_HOUR
    age_allowances(59)
    assert WAYS[way](client, email="late@example.org").status_code == 429
    age_allowances(1.1)
    assert WAYS[way](client, email="later@example.org").status_code == 200


def test_what_is_refused_for_a_mistake_does_not_count(client):
    for _ in range(30):
        assert post_form(client, email="nobody").status_code == 400
    assert post_form(client).status_code == 200


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    ("network", "neighbour", "stranger"),
    [
        ("203.0.113.{}", "203.0.113.255", "203.0.114.1"),
        ("2001:db8:1:2::{}", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1"),
    ],
)
def test_a_network_signs_up_a_hundred_times_an_hour(client, network, neighbour, stranger):
    for number in range(NETWORK_AN_HOUR):
        address = network.format(number % 10 + 1)
        assert sign_up_from(client, address, f"reader{number}@example.org") == 200
    assert sign_up_from(client, neighbour, "neighbour@example.org") == 429
    assert sign_up_from(client, stranger, "stranger@example.org") == 200


@pytest.mark.usefixtures("behind_a_proxy")
def test_a_client_over_its_limit_does_not_use_up_that_of_its_network(client):
    codes = [sign_up_from(client, "203.0.113.1", f"r{number}@example.org") for number in range(130)]
    assert codes.count(200) == CLIENT_AN_HOUR
    assert sign_up_from(client, "203.0.113.2", "neighbour@example.org") == 200


@pytest.mark.parametrize("configured", ["", "DO-Connecting-IP"])
def test_no_header_of_a_stranger_makes_another_client_of_him(client, settings, configured):
    settings.CLIENT_IP_HEADER = configured
    codes = []
    for number in range(60):
        lie = f"198.51.{number}.{number + 1}"
        spoofed = (
            "X-Forwarded-For",
            "X-Real-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "X-Client-IP",
        )
        headers = {**dict.fromkeys(spoofed, lie), "Forwarded": f"for={lie}"}
        if configured:
            headers["DO-Connecting-IP"] = f"{lie}, 203.0.113.9"
        codes.append(post_form(client, headers, email=f"r{number}@example.org").status_code)
    assert codes == [200] * CLIENT_AN_HOUR + [429] * 40


def test_a_client_without_an_address_has_no_limit(client):
    client.defaults["REMOTE_ADDR"] = ""
    codes = {post_form(client, email=f"r{number}@example.org").status_code for number in range(30)}
    assert codes == {200}


@every_way
def test_without_limits_all_guards_are_away(client, way, settings):
    settings.SIGNUP_LIMITS = False
    settings.SIGNUP_FILL_SECONDS = 30
    settings.SIGNUP_PROOF = "always"
    settings.SIGNUP_DISPOSABLE = "refuse"
    clock = client.get("/").context["clock"]
    for number in range(25):
        email = f"ursula{number}@mailinator.com"
        assert WAYS[way](client, clock=clock, comment="x", email=email).status_code == 200
    assert Subscription.objects.count() == 25


@pytest.mark.usefixtures("behind_a_proxy")
def test_ten_thousand_sign_ups_of_one_address_are_one_mail(client):
    """Scaled down to 600 from 300 clients in many networks, in every spelling."""
    spellings = ("ursula@gmail.com", "URSULA@gmail.com", "u.rsula@gmail.com", "ursula+{}@gmail.com")
    codes = set()
    for number in range(600):
        address = f"10.{number % 250}.{number % 3}.{number % 250 + 1}"
        codes.add(sign_up_from(client, address, spellings[number % 4].format(number)))
    assert codes == {200}
    mails = sorted(Delivery.objects.values_list("next_at", flat=True))
    assert len(mails) <= 3
    assert all((later - sooner).total_seconds() >= 600 for sooner, later in pairwise(mails))


@pytest.mark.django_db(transaction=True)
def test_limits_are_exact_when_fifty_come_at_once():
    default_newsletter()

    def knock(number):
        try:
            return post_form(Client(), email=f"reader{number}@example.org").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as threads:
        codes = list(threads.map(knock, range(50)))
    assert (codes.count(200), codes.count(429)) == (CLIENT_AN_HOUR, 50 - CLIENT_AN_HOUR)
    assert Subscription.objects.count() == Delivery.objects.count() == CLIENT_AN_HOUR


@pytest.mark.django_db(transaction=True)
def test_spellings_of_one_mailbox_that_come_at_once_are_three_mails(settings):
    settings.CLIENT_IP_HEADER = "X-Client"
    default_newsletter()

    def knock(number):
        try:
            header = {"X-Client": f"10.0.{number}.1"}
            return post_form(Client(), header, email=f"ursula+{number}@example.org").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as threads:
        assert set(threads.map(knock, range(50))) == {200}
    mails = sorted(Delivery.objects.values_list("next_at", flat=True))
    assert len(mails) == 3
    assert all((later - sooner).total_seconds() >= 600 for sooner, later in pairwise(mails))
