"""How a message travelled, in words and on the page."""

from pathlib import Path

from tests.ui.stage import stage
from tui_mail.mime.route import route
from tui_mail.model.folder import RoleView
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import ICONS, PLAIN_ICONS, Icons
from tui_mail.ui.route_lines import RouteLines, span, summary

RECEIVED = b"""\
Received: from mx.example.net (mx.example.net [198.51.100.7])
 by imap.example.org with ESMTP id 4F2A1; Tue, 12 May 2026 14:02:07 +0200
Received: from out.example.com (out.example.com [203.0.113.9])
 by mx.example.net with ESMTPS id 99B; Tue, 12 May 2026 11:55:01 +0000
Received: from laptop.home (unknown [192.0.2.44])
 by out.example.com with ESMTPSA id abc-1; Tue, 12 May 2026 13:55:09 +0200
Date: Tue, 12 May 2026 13:54:50 +0200

"""


def drawn(raw: bytes, width: int = 100, icons: Icons = ICONS) -> list[str]:
    lines = RouteLines(icons).lines(route(raw))
    return ["".join(text for text, _ in line.paint(width)).rstrip() for line in lines]


def inks(raw: bytes, said: str) -> str:
    """The ink of the piece that says something."""
    parts = [part for line in RouteLines(ICONS).lines(route(raw)) for part in line.paint(100)]
    return next(ink for text, ink in parts if said in text)


def test_each_server_stands_on_a_line_with_the_way_to_it_above() -> None:
    lines = drawn(RECEIVED)
    names = ("laptop.home", "out.example.com", "mx.example.net", "imap.example.org")
    assert [next(at for at, line in enumerate(lines) if name in line) for name in names] == [0, 2, 5, 7]
    assert "encrypted, signed in" in lines[1]
    assert "━" in lines[6]
    assert "7 min 6 s" in lines[6]


def test_what_is_odd_is_marked() -> None:
    assert inks(RECEIVED, "not encrypted") == "warning"
    assert inks(RECEIVED, "7 min") == "warning"
    assert inks(RECEIVED, "clocks") == "warning"
    assert inks(RECEIVED, "ESMTPS") == "dim"


def test_the_whole_is_told_in_a_few_words() -> None:
    assert summary(route(RECEIVED)) == "3 servers   6 min 58 s on the way   one way without TLS"
    assert summary(route(b"Subject: x\n\n")) == "no servers"


def test_a_message_that_never_travelled_says_so() -> None:
    assert "never travelled" in drawn(b"Subject: x\n\n")[0]


def test_plain_marks_are_plain_and_nothing_is_wider_than_the_screen() -> None:
    lines = drawn(RECEIVED, 40, PLAIN_ICONS)
    assert all(line.isascii() or "…" in line for line in lines)
    assert all(len(line) <= 40 for line in lines)


def test_spans_are_told_in_two_units() -> None:
    told = [span(n) for n in (0, 59, 60, 61, 3_600, 3_660, 86_400, 90_000, 180_000)]
    assert told == [
        "0 s",
        "59 s",
        "1 min",
        "1 min 1 s",
        "1 h",
        "1 h 1 min",
        "1 day",
        "1 day 1 h",
        "2 days 2 h",
    ]


async def test_a_key_shows_the_route_of_the_message_and_another_leads_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert isinstance(on.main.messages.view, RoleView)
        await on.press("g", "v")
        assert on.main.scope is Scope.ROUTE
        assert "Route   no servers" in on.text()
        await on.press("j", "G", "q")
        assert on.main.scope is Scope.LIST
