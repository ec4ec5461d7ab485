"""A large letter is fetched slice by slice, and gone on with where the line broke."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import Stage
from tests.report import Report
from tests.servers.faults import AfterBytes, Direction, Fault, Reset
from tests.servers.mailbox import Mailbox
from tests.servers.proxy import FaultProxy
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import NetworkError, StoreError
from tui_mail.store import bodies

CHUNK = bodies.CHUNK


@pytest.fixture
async def proxy(mailbox: Mailbox) -> AsyncIterator[FaultProxy]:
    """The fault proxy before the plain port of Dovecot."""
    async with FaultProxy(mailbox.server(Security.NONE).port) as proxy:
        yield proxy


@pytest.fixture
async def stage(tmp_path: Path, mailbox: Mailbox, proxy: FaultProxy) -> AsyncIterator[Stage]:
    """An engine that reaches the server through the proxy and fetches no letter before it is opened."""
    home = Home.at(tmp_path)
    home.prepare()
    server = Server(proxy.host, proxy.port, Security.NONE)
    account = replace(mailbox.account(), imap=server, keep_days=0)
    engine = await Engine.start(home, [account], Given({account.key: mailbox.password}), workers=False)
    yield Stage(engine, account)
    await engine.stop()


def large(size: int) -> bytes:
    """A letter of `size` octets, too old to be fetched before it is opened."""
    head = (
        b"From: ana@example.net\r\nDate: Tue, 12 May 2020 14:02:00 +0200\r\nMessage-ID: <large@x>\r\n"
        b"Subject: Large\r\n\r\n"
    )
    line = b"0123456789 abcdefghijklmnopqrstuvwxyz\r\n"
    return (head + line * (size // len(line) + 1))[:size]


@pytest.mark.parametrize("size", [CHUNK + 1, 3 * CHUNK, 7 * CHUNK // 2])
async def test_a_letter_of_any_size_comes_octet_for_octet(mailbox: Mailbox, stage: Stage, size: int) -> None:
    raw = large(size)
    mailbox.fill("INBOX", [raw])
    await stage.engine.sync_once()
    row = await stage.row("INBOX", "Large")
    await stage.engine.acting.fetch_body(row.id)
    assert await stage.engine.reading.source(row.id) == raw


async def test_another_letter_in_its_place_is_not_kept(
    mailbox: Mailbox, stage: Stage, tmp_path: Path
) -> None:
    mailbox.fill("INBOX", [large(2 * CHUNK)])
    await stage.engine.sync_once()
    row = await stage.row("INBOX", "Large")
    with closing(sqlite3.connect(Home.at(tmp_path).database)) as connection, connection:
        connection.execute("UPDATE message SET message_id = '<the one that was listed@x>'")
    with pytest.raises(StoreError, match="another letter"):
        await stage.engine.acting.fetch_body(row.id)
    with closing(sqlite3.connect(Home.at(tmp_path).database)) as connection:
        assert connection.execute("SELECT count(*) FROM body").fetchone() == (0,)


async def test_what_came_before_the_line_broke_is_not_fetched_again(
    mailbox: Mailbox, stage: Stage, proxy: FaultProxy, report: Report
) -> None:
    raw = large(6 * CHUNK)
    mailbox.fill("INBOX", [raw])
    await stage.engine.sync_once()
    row = await stage.row("INBOX", "Large")
    for _ in range(2):
        proxy.plan(Fault(Direction.DOWN, AfterBytes(5 * CHUNK // 2), Reset()))
        with pytest.raises(NetworkError):
            await stage.engine.acting.fetch_body(row.id)
        assert await stage.engine.reading.source(row.id) is None
    before = len(proxy.records)
    await stage.engine.acting.fetch_body(row.id)
    assert await stage.engine.reading.source(row.id) == raw
    again = sum(record.total[Direction.DOWN] for record in proxy.records[before:])
    report.count("Large letters cut", cuts=proxy.fired_in_all, octets_fetched_in_the_end=again)
    assert proxy.fired_in_all == 2
    assert again < 5 * CHUNK
