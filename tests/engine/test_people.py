"""Whom a person may mean: learned from mail, ranked, found in no time, and changed by hand."""

import time
from collections.abc import AsyncIterator
from random import Random

import pytest

from tests.engine.conftest import Start, letter
from tests.report import Report
from tests.servers.mailbox import Mailbox
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.engine.people import Index
from tui_mail.model.errors import MailError
from tui_mail.model.person import Person
from tui_mail.model.safe_text import safe_identity, safe_text

SENT = (
    b"From: You <you@example.org>\r\nTo: Jo Doe <jo@example.net>, Zed <zed@example.net>\r\n"
    b"Bcc: bo@example.net\r\n"
    b"Date: Mon, 02 Mar 2026 10:00:00 +0000\r\nMessage-ID: <s1@x>\r\nSubject: sent\r\n\r\nHello.\r\n"
)


@pytest.fixture
async def engine(home: Home) -> AsyncIterator[Engine]:
    engine = await Engine.start(home, [], Given({}), online=False)
    yield engine
    await engine.stop()


async def test_people_are_learned_from_what_was_sent_and_received(
    mailbox: Mailbox, start: Start, other: object
) -> None:
    mailbox.deliver(letter("one", sender="Ana Élan <ana@example.net>"))
    mailbox.deliver(letter("two", sender="Shop <no-reply@shop.example>"))
    mailbox.deliver(
        letter("three", sender='"A list" <a@list.example>').replace(b"\r\n", b"\r\nList-Id: <l.x>\r\n", 1)
    )
    mailbox.deliver(letter("four", sender="Jo Called So <jo@example.net>"))
    other.create_folder("Sent")  # type: ignore[attr-defined]
    other.append("Sent", SENT)  # type: ignore[attr-defined]
    stage = await start(workers=False)
    await stage.engine.sync_once()
    rows = [*await stage.rows("Sent"), *await stage.rows("INBOX")]
    assert len(rows) == 5
    for row in rows:
        await stage.engine.acting.fetch_body(row.id)
    await stage.engine.finish_upkeep()
    found = {one.address: one for one in await stage.engine.people.all()}
    assert set(found) == {"ana@example.net", "jo@example.net", "zed@example.net", "bo@example.net"}
    assert (found["jo@example.net"].sent, found["jo@example.net"].received) == (1, 1)
    assert found["jo@example.net"].name == "Jo Called So"
    assert [one.address for one in await stage.engine.people.complete("ela")] == ["ana@example.net"]
    assert [one.address for one in await stage.engine.people.complete("example")][-1] == "ana@example.net"


async def test_what_the_user_wrote_down_stays(engine: Engine) -> None:
    id = await engine.people.add("Jo", "jo@example.net")
    assert [one.name for one in await engine.people.complete("jo")] == ["Jo"]
    await engine.people.rename(id, "Josephine\r\nBcc: x")
    (one,) = await engine.people.all("josephine")
    assert (one.name, one.by_hand) == ("Josephine Bcc: x", True)
    await engine.people.hide(id)
    assert await engine.people.all() == ()
    assert [one.hidden for one in await engine.people.all(hidden=True)] == [True]
    await engine.people.hide(id, hidden=False)
    await engine.people.forget(id)
    assert await engine.people.all(hidden=True) == ()


@pytest.mark.parametrize("address", ["jo", "jo@", "a b@x.example", "x@exa mple", ""])
async def test_what_is_no_address_is_not_written_down(engine: Engine, address: str) -> None:
    with pytest.raises(MailError, match="is no address"):
        await engine.people.add("Jo", address)


def person(n: int, name: str, address: str) -> Person:
    return Person(n, safe_text(name), safe_identity(address), 0, 1, n, False, False)


@pytest.mark.parametrize("typed", ["har", "HÁR", "jo har", "harbour", "office", "joe@", "harbour.example"])
def test_any_word_of_name_or_address_may_begin_with_what_is_typed(typed: str) -> None:
    index = Index([person(1, "Jo Hárbour", "joe@office.harbour.example"), person(2, "Ann", "ann@x.example")])
    assert [one.id for one in index.find(typed, 8)] == [1]


def test_every_word_typed_must_fit(report: Report) -> None:
    index = Index([person(1, "Jo Harbour", "j@x.example")])
    assert index.find("jo hill", 8) == ()
    assert index.find(" ", 8) == ()
    chance = Random(7)
    names = ["".join(chance.choices("abcdefghijklmnop", k=6)) for _ in range(3_000)]
    crowd = [
        person(
            n,
            f"{chance.choice(names)} {chance.choice(names)}",
            f"{chance.choice(names)}{n}@{chance.choice(names)}.org",
        )
        for n in range(20_000)
    ]
    index = Index(crowd)
    spent = []
    for typed in ("a", "ab", "abc", "a b", "o", names[0], f"{names[0]} {names[1][:2]}"):
        began = time.perf_counter()
        found = index.find(typed, 8)
        spent.append(time.perf_counter() - began)
        assert [one.id for one in found] == sorted(one.id for one in found)
    report.line(f"Completion among 20,000 people: {max(spent) * 1e3:.1f} ms at most")
