"""The copy of one folder, kept true to servers that tell more or less of what changed."""

import pytest

from tests.engine.conftest import letter
from tests.servers.lying import LyingServer
from tests.sync.conftest import Bench
from tui_mail.demo.mailboxes import Mailbox
from tui_mail.model.message import Flag
from tui_mail.store import folders
from tui_mail.sync import comparing, imap
from tui_mail.sync.imap import FolderCopy
from tui_mail.sync.plan import BATCH, FIRST_WINDOW

SERVERS = {
    "QRESYNC": (),
    "CONDSTORE": ("ENABLE",),
    "ESEARCH": ("ENABLE", "CONDSTORE"),
    "nothing": ("ENABLE", "CONDSTORE", "ESEARCH"),
}
"""How a server tells changes, and what it must lack to tell them no better."""


def inbox(server: LyingServer) -> Mailbox:
    return server.user.mailbox("INBOX")


async def complete(copy: FolderCopy) -> None:
    assert await copy.catch_up()
    while not copy.complete:
        await copy.fill()


def there(server: LyingServer) -> dict[int, Flag]:
    names = {"\\Seen": Flag.SEEN, "\\Flagged": Flag.FLAGGED, "\\Answered": Flag.ANSWERED}
    return {
        uid: Flag(sum(names[flag] for flag in stored.flags)) for uid, stored in inbox(server).messages.items()
    }


@pytest.mark.parametrize("lacks", SERVERS.values(), ids=SERVERS.keys())
async def test_what_another_device_changed_is_found_however_little_the_server_tells(
    bench: Bench, lacks: tuple[str, ...]
) -> None:
    server = await bench.server(without=lacks)
    for n in range(150):
        server.deliver(letter(f"number {n}"))
    session = await bench.session(server)
    copy = await bench.copy(session)
    await complete(copy)
    box = inbox(server)
    box.set_flags(box.messages[3], frozenset({"\\Seen", "\\Answered"}))
    box.set_flags(box.messages[149], frozenset({"\\Flagged"}))
    box.remove([10, 11, 150])
    server.deliver(letter("new"))
    assert await copy.catch_up()
    assert await bench.flags() == there(server)


@pytest.mark.parametrize("lacks", SERVERS.values(), ids=SERVERS.keys())
async def test_the_daily_comparison_finds_what_the_server_told_nobody(
    bench: Bench, lacks: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "FLAGS_AT_ONCE", 40)
    server = await bench.server(without=lacks)
    for n in range(150):
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await complete(copy)
    box = inbox(server)
    for uid in (1, 40, 41, 150):
        box.messages[uid].flags = frozenset({"\\Flagged"})  # no new MODSEQ, no word to anybody
    del box.messages[75]
    calls = 1
    while not await copy.check():
        calls += 1
    assert await bench.flags() == there(server)
    assert calls == (1 if lacks in (SERVERS["QRESYNC"], SERVERS["CONDSTORE"]) else 4)


async def test_a_comparison_that_was_cut_off_goes_on_where_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "FLAGS_AT_ONCE", 40)
    server = await bench.server(without=SERVERS["nothing"])
    for n in range(150):
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await complete(copy)
    assert not await copy.check()
    assert (await bench.state()).check_below == 111
    inbox(server).messages[5].flags = frozenset({"\\Seen"})
    again = await bench.copy(await bench.session(server))
    calls = 1
    while not await again.check():
        calls += 1
    assert calls == 3
    assert (await bench.flags())[5] == Flag.SEEN
    assert (await bench.state()).check_below == 0


async def test_the_daily_comparison_mends_the_counters_too(bench: Bench) -> None:
    server = await bench.server()
    for n in range(9):
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await complete(copy)
    async with bench.database.cache() as tx:
        await tx.run("UPDATE folder SET total = 7, unread = 8 WHERE id = ?", (copy.state.id,))
    assert await copy.check()
    assert (copy.state.total, copy.state.unread) == (9, 9)


async def test_new_mail_stops_for_what_is_urgent_and_goes_on_without_loss(bench: Bench) -> None:
    server = await bench.server()
    server.deliver(letter("first"))
    copy = await bench.copy(await bench.session(server))
    await complete(copy)
    for n in range(1_200):
        server.deliver(letter(f"number {n}"))
    urgent = True
    copy.urgent = lambda: urgent
    assert not await copy.catch_up()
    assert len(await bench.flags()) == 501
    urgent = False
    assert await copy.catch_up()
    assert len(await bench.flags()) == 1_201


@pytest.mark.parametrize("hidden", [(), ((rb"\\* OK \\[UIDNEXT[^\n]*\n", b""), (rb" ?UIDNEXT \\d+", b""))])
async def test_uids_with_wide_gaps_are_all_found_whether_or_not_the_server_tells_uidnext(
    bench: Bench, hidden: tuple[tuple[bytes, bytes], ...]
) -> None:
    server = await bench.server()
    server.edits += hidden
    for n in range(400):
        inbox(server).uidnext += 3_000 if n % 40 == 0 else 1
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await complete(copy)
    assert await bench.flags() == there(server)
    inbox(server).uidnext += 100_000
    server.deliver(letter("far away"))
    assert await copy.catch_up()
    assert await bench.flags() == there(server)


async def test_a_folder_counts_as_synced_only_when_every_row_is_here(bench: Bench) -> None:
    server = await bench.server()
    for n in range(150):
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await copy.catch_up()
    assert (await bench.state()).synced_at is None
    await copy.fill()
    state = await folders.state(bench.database.lists, copy.state.id)
    assert state is not None
    assert state.complete
    assert state.synced_at


async def test_older_mail_yields_to_what_is_urgent_and_stores_what_it_asked_for(bench: Bench) -> None:
    server = await bench.server()
    count = FIRST_WINDOW + (imap.IN_FLIGHT + 1) * BATCH
    for n in range(count):
        server.deliver(letter(f"number {n}"))
    copy = await bench.copy(await bench.session(server))
    await copy.catch_up()
    copy.urgent = lambda: True
    assert await copy.fill()
    state = await bench.state()
    assert state.total == count - BATCH
    assert state.backfill_lo == BATCH + 1
    assert not await copy.fill()
    assert (await bench.state()).total == count
