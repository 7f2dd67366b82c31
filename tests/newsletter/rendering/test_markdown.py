"""Markdown as safe HTML and as plain text."""

import pytest

from newsletter.rendering.markdown import to_html, to_text

HOSTILE = [
    "<script>alert(1)</script>",
    "<style>body { display: none }</style>",
    '<img src="x" onerror="alert(1)">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" jav&#x09;ascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<iframe src="https://example.org"></iframe>',
    '<form action="https://example.org"><input name="q"></form>',
    '<meta http-equiv="refresh" content="0">',
    '<link rel="stylesheet" href="https://example.org/x.css">',
    '<base href="https://example.org/">',
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<p style="position:fixed">x</p>',
    "![x](javascript:alert(1))",
    '<img src="data:image/svg+xml,<svg/onload=alert(1)>">',
]


@pytest.mark.parametrize("body", HOSTILE)
def test_nothing_active_survives(body):
    html = to_html(body).lower()
    # A refused Markdown link stays as the literal text that it is.
    for active in ("<script", "<style", "onerror", "onload", '="javascript', "<svg", "<math"):
        assert active not in html
    for active in ("<iframe", "<form", "<input", "<meta", "<link", "<base", 'src="data:', "fixed"):
        assert active not in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        (
            "[a](https://example.org/?x=1&y=2)",
            '<p><a href="https://example.org/?x=1&amp;y=2" rel="noopener noreferrer">a</a></p>',
        ),
        (
            "![dog](https://example.org/d.png)",
            '<p><img src="https://example.org/d.png" alt="dog"></p>',
        ),
        (
            "[here](/issues/)",
            '<p><a href="http://testserver/issues/" rel="noopener noreferrer">here</a></p>',
        ),
        ("{{ settings.SECRET_KEY }}", "<p>{{ settings.SECRET_KEY }}</p>"),
        ("{% load x %} { name }", "<p>{% load x %} { name }</p>"),
        ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>"),
    ],
)
def test_markdown_becomes_html(markdown, html):
    assert to_html(markdown).strip() == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Title\n\nText", "Title\n=====\n\nText"),
        ("## Title", "Title\n-----"),
        ("### Title", "Title"),
        ("a\nb", "a b"),
        ("a  \nb", "a\nb"),
        ("[a](https://example.org)", "a (https://example.org)"),
        ("<https://example.org>", "https://example.org"),
        ("<me@example.org>", "me@example.org"),
        ("- a\n- b\n  - c", "- a\n- b\n  - c"),
        ("9. a\n10. b", "9. a\n10. b"),
        ("1. a\n\n   more\n2. b", "1. a\n\n   more\n\n2. b"),
        ("> a\n>\n> b", "> a\n>\n> b"),
        ("```\nx = 1 < 2\n  y\n```", "    x = 1 < 2\n      y"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n-----\n1 | 2"),
        ("![dog](https://example.org/d.png)", "[dog]"),
        ("![](https://example.org/d.png)", ""),
        ("*a* **b** `c` ~~d~~", "a b c ~d~"),
        ('<div><a href="https://example.org">raw</a></div>', "raw (https://example.org)"),
        ("1 &lt; 2 &amp; {{ x }}", "1 < 2 & {{ x }}"),
        ("", ""),
    ],
)
def test_markdown_becomes_plain_text(markdown, text):
    assert to_text(markdown) == text


def test_text_is_wrapped_but_addresses_are_whole():
    address = f"https://example.org/{'x' * 100}"
    lines = to_text(f"{'word ' * 40}[link]({address})").splitlines()
    assert f"({address})" in lines
    assert all(len(line) <= 72 for line in lines if address not in line)


@pytest.mark.parametrize(
    "body",
    ["<blockquote>" * 3000 + "x", "> " * 3000 + "x", "[" * 5000, "*a " * 5000, "<b>" * 5000 + "x"],
    ids=["blockquotes", "quotes", "brackets", "stars", "tags"],
)
def test_deep_nesting_is_survived(body):
    to_text(body)
