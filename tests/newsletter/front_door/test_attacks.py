"""While there are far more new readers than usual, each shows a proof of work, or is patient."""

import base64
import json
import time
from datetime import timedelta

import altcha
import pytest
from django.db.models.functions import Now
from django.test import Client

from newsletter.guarding import alarm, proofs, tickets
from newsletter.models import Alarm, Allowance, Subscription
from tests.factories import make_subscription
from tests.newsletter.front_door.posts import WAYS, post_form, post_json, post_page

pytestmark = pytest.mark.django_db
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def attack():
    Alarm.objects.create(until=Now() + timedelta(minutes=5))


@pytest.fixture
def easy_puzzles(monkeypatch):
    """A test need not sweat: one round of the hash a try."""
    create = altcha.create_challenge
    monkeypatch.setattr(altcha, "create_challenge", lambda kind, _cost, **o: create(kind, 1, **o))


def solve(challenge):
    """Solve a puzzle as ALTCHA's own library does, and pack it as its widget does."""
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    solution = {"counter": found.counter, "derivedKey": found.derived_key}
    return pack({"challenge": challenge, "solution": solution})


def pack(payload):
    return base64.b64encode(json.dumps(payload).encode()).decode()


def unpack(proof):
    return json.loads(base64.b64decode(proof))


def proof_from(client):
    return solve(client.get("/subscriptions/challenge").json())


# The alarm


@every_way
def test_too_many_new_readers_in_a_minute_raise_the_alarm_for_everybody(client, way, settings):
    settings.SIGNUP_ATTACK_RATE = 5
    for number in range(5):
        email = f"reader{number}@example.org"
        assert WAYS[way](client, email=email).status_code == 200
    assert not Alarm.objects.is_raised()
    assert WAYS[way](client, email="late@example.org").status_code == 403
    assert Alarm.objects.is_raised()
    Subscription.objects.update(subscribed_at=Now() - timedelta(minutes=2))
    assert WAYS[way](client, email="later@example.org").status_code == 403
    assert Subscription.objects.count() == 5
    Alarm.objects.update(until=Now() - timedelta(minutes=1))
    assert WAYS[way](client, email="last@example.org").status_code == 200


def test_an_import_is_no_attack_and_hides_none(client, settings):
    settings.SIGNUP_ATTACK_RATE = 5
    for number in range(20):
        make_subscription(f"imported{number}@example.org")
    assert post_form(client).status_code == 200
    for number in range(5):
        make_subscription(f"bot{number}@example.org", status="pending_confirmation")
        make_subscription(f"more{number}@example.org")
    assert post_form(client, email="late@example.org").status_code == 403


@pytest.mark.parametrize(("when", "status"), [("never", 200), ("always", 403)])
def test_the_operator_decides_when_a_proof_is_needed(client, settings, when, status):
    settings.SIGNUP_PROOF = when
    settings.SIGNUP_ATTACK_RATE = 1
    make_subscription("bot@example.org", status="pending_confirmation")
    assert post_form(client).status_code == status
    assert not Alarm.objects.is_raised()


def test_the_alarm_is_raised_once(caplog):
    for _ in range(3):
        alarm.raise_alarm()
    assert caplog.text.count("guarding.alarm_raised") == 1


# The proof


@pytest.mark.usefixtures("attack", "easy_puzzles")
@every_way
def test_a_proof_lets_in_once(client, way):
    proof = proof_from(client)
    assert WAYS[way](client, email="a@example.org", proof=proof).status_code == 200
    assert WAYS[way](client, email="b@example.org", proof=proof).status_code == 403
    assert Subscription.objects.get().email == "a@example.org"


@pytest.mark.usefixtures("attack", "easy_puzzles")
@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("parameters", "expiresAt", 2**32),
        ("parameters", "expiresAt", None),
        ("parameters", "salt", "00" * 16),
        ("parameters", "nonce", "00" * 16),
        ("parameters", "keyPrefix", ""),
        ("parameters", "cost", 10**9),
        ("parameters", "algorithm", "SHA-1"),
        ("parameters", "keySignature", "00" * 32),
        ("parameters", "data", {"a": 1}),
        ("challenge", "signature", "00" * 32),
        ("challenge", "signature", None),
        ("solution", "counter", -1),
        ("solution", "counter", "0"),
        ("solution", "counter", 2**40),
        ("solution", "derivedKey", "00" * 32),
        ("solution", "derivedKey", None),
    ],
)
def test_a_proof_that_was_changed_is_none(client, part, name, value):
    payload = unpack(proof_from(client))
    parts = {**payload, "parameters": payload["challenge"]["parameters"]}
    parts[part][name] = value
    started = time.perf_counter()
    response = post_json(client, proof=pack(payload))
    assert response.status_code == 403
    assert time.perf_counter() - started < 5, "nothing is computed for a stranger's parameters"
    assert not Subscription.objects.exists()


@pytest.mark.usefixtures("attack", "easy_puzzles")
def test_the_parts_of_two_proofs_are_no_third(client):
    one, two = unpack(proof_from(client)), unpack(proof_from(client))
    for name in ("nonce", "salt"):
        spliced = json.loads(json.dumps(one))
        spliced["challenge"]["parameters"][name] = two["challenge"]["parameters"][name]
        assert post_form(client, proof=pack(spliced)).status_code == 403
    mixed = {"challenge": one["challenge"], "solution": two["solution"]}
    assert post_form(client, proof=pack(mixed)).status_code in {200, 403}, "0.4 % fit by luck"


@pytest.mark.usefixtures("attack")
@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "e30=",
        pack({}),
        pack([]),
        pack("x"),
        pack({"challenge": 1, "solution": 2}),
        pack({"challenge": {"parameters": []}, "solution": {}}),
        "A" * 3000,
        "[" * 1500,
        "é",
        "=",
    ],
)
@every_way
def test_what_is_no_proof_at_all_is_none(client, way, proof):
    assert WAYS[way](client, proof=proof).status_code == 403
    assert not Subscription.objects.exists()


@pytest.mark.usefixtures("attack", "easy_puzzles")
def test_a_puzzle_is_too_old_after_five_minutes(client, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - proofs.LIFETIME_SECONDS - 1)
    proof = proof_from(client)
    monkeypatch.setattr(time, "time", lambda: now)
    assert post_form(client, proof=proof).status_code == 403


@pytest.mark.usefixtures("attack", "easy_puzzles")
def test_a_puzzle_of_an_earlier_key_still_counts_and_one_of_a_strange_key_never(client, settings):
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    proof = proof_from(client)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, ["another" * 10]
    assert post_form(client, proof=proof).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert post_form(client, email="b@example.org", proof=proof).status_code == 403


@pytest.mark.usefixtures("attack")
def test_a_program_is_told_where_the_puzzles_are(client):
    answer = post_json(client)
    assert answer.status_code == 403
    assert answer.json()["challenge"] == "http://testserver/subscriptions/challenge"
    assert "http://testserver/subscriptions/challenge" in post_form(client).text


# People


@pytest.mark.parametrize("path", ["/", "/subscriptions/form"])
def test_the_page_brings_its_own_script_only_while_it_is_needed(client, path):
    assert "<script" not in client.get(path).text
    Alarm.objects.create(until=Now() + timedelta(minutes=5))
    page = client.get(path)
    assert '<script src="/static/newsletter/proof.js" defer></script>' in page.text
    assert "script-src 'self'; connect-src 'self';" in page["Content-Security-Policy"]
    assert 'data-challenge="/subscriptions/challenge"' in page.text


@pytest.mark.usefixtures("attack")
@pytest.mark.parametrize("way", ["page", "frame"])
def test_who_has_no_javascript_waits_half_a_minute(client, way, monkeypatch):
    step = WAYS[way](client)
    assert step.status_code == 403
    fields = {**step.context["fields"], "ticket": step.context["ticket"]}
    early = WAYS[way](client, **fields)
    assert "more seconds" in early.text
    assert early.context["ticket"] == fields["ticket"], "the wait does not begin anew"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + tickets.WAIT_SECONDS + 1)
    assert "Check your inbox" in WAYS[way](client, **fields).text
    assert Subscription.objects.get().email == "ursula@example.org"
    assert WAYS[way](client, **fields).status_code == 403, "a ticket lets in once"


@pytest.mark.usefixtures("attack")
@pytest.mark.parametrize("seconds", [-10, 0, 29, 15 * 60 + 1, 10**9])
def test_a_ticket_counts_neither_too_early_nor_too_late(client, monkeypatch, seconds):
    fields = {"ticket": tickets.issue(email="ursula@example.org", client="127.0.0.1")}
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds)
    assert post_page(client, **fields).status_code == 403
    assert not Subscription.objects.exists()


@pytest.mark.usefixtures("attack")
def test_a_ticket_is_for_one_address_from_one_client(client, monkeypatch):
    ticket = tickets.issue(email="ursula@example.org", client="127.0.0.1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    assert post_page(client, email="mallory@example.org", ticket=ticket).status_code == 403
    client.defaults["REMOTE_ADDR"] = "127.0.0.2"
    assert post_page(client, ticket=ticket).status_code == 403
    for wrong in ("1", "1:2", ticket[:-1], ticket.replace(":", ""), "x" * 3000, "é:é"):
        assert post_page(client, ticket=wrong).status_code == 403
    assert not Subscription.objects.exists()


@pytest.mark.usefixtures("attack")
def test_the_slow_lane_is_too_narrow_for_bots(client, settings, monkeypatch):
    settings.CLIENT_IP_HEADER = "X-Client"
    held = {}
    for number in range(tickets.LANE_A_MINUTE * 2):
        email = f"bot{number}@example.org"
        held[email] = tickets.issue(email=email, client=f"10.{number}.0.1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    texts = []
    for number, (email, ticket) in enumerate(held.items()):
        client.defaults["HTTP_X_CLIENT"] = f"10.{number}.0.1"
        texts.append(post_page(client, email=email, ticket=ticket).text)
    assert sum("Check your inbox" in text for text in texts) == tickets.LANE_A_MINUTE
    assert sum("Too many are waiting" in text for text in texts) == tickets.LANE_A_MINUTE
    assert Subscription.objects.count() == tickets.LANE_A_MINUTE


@pytest.mark.usefixtures("attack")
def test_who_is_sent_away_for_a_proof_uses_up_nothing(client):
    for _ in range(50):
        assert post_form(client).status_code == 403
    assert not Allowance.objects.exists()
