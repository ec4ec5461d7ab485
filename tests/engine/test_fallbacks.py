"""Whatever a server cannot do, the copy agrees with it and changes reach it once."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.engine.copies import held_by, held_here
from tests.engine.test_lies import assert_same, furnish, mark, news, running, synced
from tests.report import Report
from tests.servers.lacking import LACKS
from tests.servers.lies import edited
from tests.servers.lying import LyingServer
from tui_mail.config.paths import Home
from tui_mail.engine import Engine
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag

OLD = ("CONDSTORE", "ENABLE", "ESEARCH", "LIST-EXTENDED", "MOVE", "UIDPLUS", "UNSELECT", "IDLE")
FILED = "Letter 07"
SERVERS: dict[str, Callable[[], LyingServer]] = {
    "lacking nothing": LyingServer,
    **{f"lacking {word}": partial(LyingServer, without=(word,)) for word in LACKS},
    "of long ago": lambda: LyingServer(without=OLD),
    "with dots and a prefix": lambda: LyingServer(separator=".", prefix="INBOX."),
    "without UIDNEXT": lambda: with_edit(rb"\* OK \[UIDNEXT[^\n]*\n", b""),
    "with a UIDVALIDITY of 0": lambda: with_edit(rb"UIDVALIDITY \d+", b"UIDVALIDITY 0"),
    "with UIDs far apart": lambda: sparse(LyingServer()),
}


def with_edit(pattern: bytes, replacement: bytes) -> LyingServer:
    return LyingServer(edited(rb"^SELECT|^STATUS|^LIST", (pattern, replacement), times=None))


def sparse(server: LyingServer) -> LyingServer:
    server.user.mailbox("INBOX").uidnext = 5_000
    for number in range(3):
        server.user.mailbox("INBOX").uidnext += 30_000 * number
        server.deliver(b"Subject: far %d\r\nMessage-ID: <far%d@x>\r\n\r\nHi.\r\n" % (number, number))
    return server


@pytest.mark.parametrize("kind", SERVERS)
async def test_a_copy_agrees_with_a_server(kind: str, home: Home, report: Report) -> None:
    async with SERVERS[kind]() as server, running(server, home) as engine:
        furnish(server)
        assert (await synced(engine)).error is None
        assert_same(await held_here(engine), held_by(server.user))
        await mark(engine)
        await archive(engine, FILED)
        news(server)
        assert (await synced(engine)).error is None
        assert (await synced(engine)).error is None
        there = held_by(server.user)
        assert_same(await held_here(engine), there)
        assert await engine.reading.waiting() == 0
        filed = [
            name
            for name, held in there.items()
            for one in held
            if FILED.encode() in (one.raw or b"") and Flag.DELETED not in one.flags
        ]
        assert filed == [f"{server.user.prefix}Archive"]
        report.count("Servers that lack something", kinds=1)


async def archive(engine: Engine, subject: str) -> None:
    inbox = next(folder for folder in await engine.reading.folders() if folder.name == "INBOX")
    view = FolderView(inbox.id)
    ids, _ = await engine.reading.entries(view)
    (row,) = [row for row in await engine.reading.rows(view, list(ids)) if row.subject == subject]
    await engine.acting.archive([row.id], view)
