"""What production sets beyond what it requires."""

from tests.config.test_environment import PRODUCTION, setting

FALLBACKS = "APP_APPLICATION__SECRET_KEY_FALLBACKS"


def test_retired_keys_are_a_list():
    assert setting("SECRET_KEY_FALLBACKS", **PRODUCTION) == "[]"
    given = {**PRODUCTION, FALLBACKS: "one, two,"}
    assert setting("SECRET_KEY_FALLBACKS", **given) == "['one', 'two']"


def test_cookies_belong_to_this_host_and_to_tls():
    for cookie, name in (("SESSION", "__Host-sessionid"), ("CSRF", "__Host-csrftoken")):
        assert setting(f"{cookie}_COOKIE_NAME", **PRODUCTION) == name
        assert setting(f"{cookie}_COOKIE_SECURE", **PRODUCTION) == "True"
        assert setting(f"{cookie}_COOKIE_HTTPONLY", **PRODUCTION) == "True"


def test_the_clients_address_is_the_peers_unless_a_proxy_is_named():
    assert setting("CLIENT_IP_HEADER", **PRODUCTION) == ""
