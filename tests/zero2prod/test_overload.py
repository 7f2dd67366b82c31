"""Who waited too long for a thread is told to come again, at once and without any work."""

from collections.abc import Iterable

from zero2prod.overload import WAIT_LIMIT, shedding

FINE = "200 OK"


def application(_environ, start_response):
    start_response(FINE, [])
    return [b"page"]


def ask(waited: float, **environ: str) -> tuple[str, dict[str, str], bytes]:
    found: list[object] = []
    guarded = shedding(application, lambda: waited)
    body: Iterable[bytes] = guarded(
        {"PATH_INFO": "/", "REQUEST_METHOD": "GET", **environ},
        lambda status, headers: found.extend([status, dict(headers)]),
    )
    return str(found[0]), found[1], b"".join(body)  # type: ignore[return-value]


def test_who_is_served_soon_is_served():
    assert ask(WAIT_LIMIT)[::2] == (FINE, b"page")


def test_who_waited_too_long_is_refused():
    status, headers, body = ask(WAIT_LIMIT + 0.1)
    assert status == "503 Service Unavailable"
    assert headers["Retry-After"] == "5"
    assert int(headers["Content-Length"]) == len(body)
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_refused_head_has_no_body():
    assert ask(9, REQUEST_METHOD="HEAD")[2] == b""


def test_the_probe_is_answered_however_long_it_waited():
    assert ask(9, PATH_INFO="/health_check")[0] == FINE


def test_a_flood_is_one_line_of_the_log(caplog):
    guarded = shedding(application, lambda: 9)
    for _ in range(100):
        guarded({"PATH_INFO": "/"}, lambda *_: None)
    assert len([record for record in caplog.records if "web.overloaded" in str(record.msg)]) == 1
