from urllib.parse import urlsplit

import pytest

from config import environment, mail_providers


@pytest.mark.parametrize(
    ("address", "options", "name"),
    [
        ("postmark://ToKen-1", {"server_token": "ToKen-1"}, "postmark://"),
        ("resend://re_AbC%2F%2B", {"api_key": "re_AbC/+"}, "resend://"),
        ("brevo://xkeysib-A:b/", {"api_key": "xkeysib-A:b"}, "brevo://"),
        (
            "mailgun://KEY@Mg.example.org",
            {"api_key": "KEY", "sender_domain": "Mg.example.org"},
            "mailgun://Mg.example.org",
        ),
        ("mailjet://Key:SeCret", {"api_key": "Key", "secret_key": "SeCret"}, "mailjet://"),
        (
            "ses://AKIA:Se%2Fcret@eu-central-1",
            {"access_key": "AKIA", "secret_key": "Se/cret", "region": "eu-central-1"},
            "ses://eu-central-1",
        ),
        (
            "sparkpost://K?api_url=https://api.eu.sparkpost.com/api/v1",
            {"api_key": "K", "api_url": "https://api.eu.sparkpost.com/api/v1"},
            "sparkpost://",
        ),
    ],
)
def test_an_address_is_taken_apart_and_its_public_name_holds_no_secret(
    monkeypatch, address, options, name
):
    monkeypatch.setenv("APP_EMAIL__URL", address)
    url = environment.mail_url("APP_EMAIL__URL")
    assert mail_providers.options(url) == options
    assert mail_providers.public_name(url) == name


def test_the_public_name_of_a_mail_server_holds_no_password():
    url = urlsplit("smtp+tls://user:secret@Mail.example.org:587")
    assert mail_providers.public_name(url) == "smtp+tls://mail.example.org"


@pytest.mark.parametrize(
    "address",
    [
        "postmark://",
        "postmark:secret",
        "postmark://secret@example.org",
        "postmark://secret/path",
        "postmark://secret#fragment",
        "postmark://sec%0Aret",
        "postmark://sec%20ret",
        "postmark://secr%C3%A9t",
        "postmark://secret?api_url=",
        "postmark://secret?api_url=ftp://example.org",
        "postmark://secret?api_url=https://a.example&api_url=https://b.example",
        "postmark://secret?region=eu",
        "mailgun://secret",
        "mailgun://@example.org",
        "ses://secret",
        "ses://key:secret",
        "ses://key@eu-central-1",
        "ses://key:secret@evil.example/",
        "ses://key:secret@eu-central-1.evil.example",
        "mailjet://secret",
        "mailjet://secret:",
        "mailjet://:secret",
        "sendmail://secret",
        "postmark://[secret",
    ],
)
def test_a_wrong_address_is_told_in_one_sentence_without_it(monkeypatch, address):
    monkeypatch.setenv("APP_EMAIL__URL", address)
    with pytest.raises(environment.ConfigurationError) as error:
        environment.mail_url("APP_EMAIL__URL")
    sentence = str(error.value)
    assert sentence.startswith("APP_EMAIL__URL must be an address ")
    assert "secr" not in sentence
    assert error.value.__cause__ is None


def test_amazons_api_is_that_of_the_region():
    url = urlsplit("ses://KEY:SECRET@us-gov-west-1")
    assert mail_providers.ses_api(url) == "https://email.us-gov-west-1.amazonaws.com/"


@pytest.mark.parametrize("value", ["bounces@example.org", "b.o_u-1@mail.example.org", ""])
def test_a_bounce_address(monkeypatch, value):
    monkeypatch.setenv("APP_EMAIL__BOUNCE_ADDRESS", value)
    assert environment.bounce_address("APP_EMAIL__BOUNCE_ADDRESS") == value


@pytest.mark.parametrize(
    "value", ["bounces", "a+b@example.org", "x" * 21 + "@example.org", "b@example.org>", "ü@x.org"]
)
def test_a_bounce_address_leaves_room_for_the_delivery(monkeypatch, value):
    monkeypatch.setenv("APP_EMAIL__BOUNCE_ADDRESS", value)
    with pytest.raises(environment.ConfigurationError, match="at most 20"):
        environment.bounce_address("APP_EMAIL__BOUNCE_ADDRESS")


@pytest.mark.parametrize("value", ["secret", ":0123456789abcdef", "user:short", "user:" + "é" * 20])
def test_a_weak_webhook_secret_is_refused_without_it(monkeypatch, value):
    monkeypatch.setenv("APP_EMAIL__WEBHOOK_SECRET", value)
    with pytest.raises(environment.ConfigurationError) as error:
        environment.webhook_secret("APP_EMAIL__WEBHOOK_SECRET")
    assert value not in str(error.value)
