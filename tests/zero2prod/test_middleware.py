import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import path

from tests.factories import default_newsletter
from zero2prod import urls
from zero2prod.middleware import outage

FORM = "application/x-www-form-urlencoded"
BROWSER = {"accept": "text/html"}


def lose_the_database(_request):
    raise OperationalError("connection refused\nIs the server running?")


def fail(_request):
    raise ValueError("secret words")


urlpatterns = [*urls.urlpatterns, path("lost", lose_the_database), path("broken", fail)]
handler500 = urls.handler500


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def test_liveness_touches_no_database_and_asks_for_no_host(client):
    response = client.get("/health_check", headers={"host": "10.0.0.7:8000"})
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == "0"


def test_liveness_is_not_redirected_to_tls(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health_check").status_code == 200
    assert client.head("/health_check").status_code == 200
    assert client.get("/").status_code == 301


def test_another_host_is_400(client):
    response = client.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "evil" not in response.text


@pytest.mark.parametrize(
    "target",
    ["/?q=%00", "/%00", "/issues/%00/", "/?q=%ff", "/issues/?page=%ed%a0%80"],
)
def test_an_address_that_is_no_text_is_400(client, target):
    assert client.get(target).status_code == 400


@pytest.mark.parametrize("value", ["a\0b", "a\x1bb", "a\r\nSet-Cookie: x", "\x7f"])
def test_a_header_with_a_control_character_is_400(client, value):
    assert client.get("/", headers={"X-Thing": value}).status_code == 400


@pytest.mark.parametrize("length", ["-1", "1e3", "ten", "+5", "0x10", "²", "9" * 40])
def test_a_length_that_is_no_number_is_400(client, length):
    response = client.post("/subscriptions", b"a=b", content_type=FORM, CONTENT_LENGTH=length)
    assert response.status_code == 400


def test_a_body_of_unknown_length_is_411(client):
    options = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    response = client.post("/subscriptions", b"a=b", content_type=FORM, **options)
    assert response.status_code == 411


@pytest.mark.urls(__name__)
def test_a_lost_database_is_503_with_retry_after(client):
    response = client.get("/lost")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.text.count("\n") == 1
    assert "refused" not in response.text


@pytest.mark.urls(__name__)
def test_a_browser_gets_a_page_when_the_database_is_lost(client):
    response = client.get("/lost", headers=BROWSER)
    assert response.status_code == 503
    assert "try again in a moment" in response.text
    assert len(response.content) < 2_000


@pytest.mark.urls(__name__)
def test_a_lost_database_is_one_line_of_the_log(client, caplog):
    client.get("/lost")
    causes = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [cause.msg["reason"] for cause in causes] == [
        "connection refused Is the server running?"
    ]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_became_read_only_is_503(client):
    form = {"name": "Ursula", "email": "ursula@example.org"}
    default_newsletter()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    answer = client.post("/subscriptions", form)
    connection.close()
    assert answer.status_code == 503
    assert client.post("/subscriptions", form).status_code == 200


def test_an_outage_is_what_the_servers_connection_raises():
    request = RequestFactory().get("/")
    assert outage(request, InterfaceError("the connection is closed")).status_code == 503
    assert outage(request, ValueError()) is None
    assert outage(request, None) is None


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_is_a_small_page_that_tells_nothing(client):
    response = client.get("/broken?token=abc", headers=BROWSER)
    assert response.status_code == 500
    assert "secret words" not in response.text
    assert "abc" not in response.text
    assert len(response.content) < 2_000


def test_a_missing_page_repeats_nothing_of_the_request(client):
    response = client.get("/nothing-<b>?x=y")
    assert response.status_code == 404
    assert "nothing-" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "policy"),
    [
        ("/", "default-src 'none'; style-src 'self'; img-src 'self'"),
        ("/nothing", "default-src 'none'"),
        ("/?q=%00", "default-src 'none'"),
        ("/admin/login/", "default-src 'self'"),
    ],
)
def test_every_answer_has_its_content_policy(client, target, policy):
    given = client.get(target)["Content-Security-Policy"]
    assert given.startswith(policy)
    assert "frame-ancestors 'none'" in given
    assert "unsafe" not in given
