"""A link leads to http, https or mailto, is written in plain ASCII, and has one number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.links import Links, link_target, linked
from tui_mail.model.safe_text import safe_body


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTP://Example.ORG/A", "http://example.org/A"),
        ("  https://example.org/a b\n", "https://example.org/a%20b"),
        ("ht\ntps://exam\tple.org/", "https://example.org/"),
        ("https://example.org/\x1b]8;;x", "https://example.org/%1B]8;;x"),
        ("https://example.org/ü", "https://example.org/%C3%BC"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://user@evil.example/", "https://user@evil.example/"),
        ("https:example.org", "https://example.org"),
        ("mailto:jo@example.org?subject=a b", "mailto:jo@example.org?subject=a%20b"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("ftp://example.org", None),
        ("//example.org", None),
        ("/relative", None),
        ("#top", None),
        ("https://", None),
        ("https://ex ample.org/", None),
        ("https://[half/", "https://[half/"),
        ("https://example.org/" + "x" * 10_000, None),
        ("", None),
    ],
)
def test_a_target_is_taken_or_refused(address: str, target: str | None) -> None:
    assert link_target(address) == target


def test_equal_targets_share_a_number() -> None:
    links = Links()
    numbers = [
        links.number(one) for one in ("https://a.example/", "https://b.example/", "HTTPS://A.example/")
    ]
    assert numbers == [1, 2, 1]
    assert links.targets() == ("https://a.example/", "https://b.example/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/x_(y)", ["https://a.example/x_(y)"]),
        ("<https://a.example/x>, https://b.example!", ["https://a.example/x", "https://b.example"]),
        ("write to mailto:jo@a.example;", ["mailto:jo@a.example"]),
        ("no://link https:// here", []),
    ],
)
def test_addresses_in_a_text_become_links(text: str, found: list[str]) -> None:
    runs = list(linked(safe_body(text), Links()))
    assert [run.text for run in runs if run.link] == found
    assert "".join(run.text for run in runs) == text


@given(st.text(st.sampled_from("htps:/mailto@.[]%ü\x1b\x85\u202e ") | st.characters(codec=None)))
def test_no_address_raises_and_every_target_is_printable(address: str) -> None:
    for written in (address, f"https://{address}", f"mailto:{address}"):
        target = link_target(written)
        assert target is None or (target.isascii() and target.isprintable() and " " not in target)
