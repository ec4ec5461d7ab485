"""Messages moved and copied on a real server, with and without MOVE, and when nobody knows how far it got."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.conftest import letter
from tests.servers.mailbox import Mailbox
from tests.sync.desk import Desk, desk_at, door_of
from tui_mail.imap.wire import format_set
from tui_mail.model.message import Flag
from tui_mail.model.operation import OperationState
from tui_mail.store.database import Database
from tui_mail.store.places import Place

DELETED = Flag.DELETED
ALL = frozenset[str]()
NO_MOVE = frozenset({"MOVE"})
NO_COPYUID = frozenset({"MOVE", "UIDPLUS"})


@pytest.fixture
async def desk(mailbox: Mailbox, tmp_path: Path) -> AsyncIterator[Desk]:
    """Four letters in the inbox, and a folder that they can go to."""
    mailbox.fill("INBOX", [letter(f"Letter {n}") for n in range(4)])
    mailbox.fill("Moved", [letter("Letter 0")])  # one that looks the same is there already
    database = await Database.open(tmp_path / "mail.db")
    try:
        async with desk_at(door_of(mailbox), database) as desk:
            await desk.look("INBOX", "Moved")
            yield desk
    finally:
        await database.close()


async def moved(desk: Desk) -> list[Place]:
    """Move three letters here, and return where they lay."""
    three = (await desk.places("INBOX"))[:3]
    async with desk.command() as command:
        await command.move(desk.account, (await desk.folder("Moved")).id, three)
    return three


async def copied(desk: Desk) -> list[Place]:
    three = (await desk.places("INBOX"))[:3]
    async with desk.command() as command:
        await command.copy(desk.account, (await desk.folder("Moved")).id, three)
    return three


async def check(desk: Desk, left: int) -> None:
    """Three letters have come into the folder, under the UIDs that are known here, and no more."""
    assert set(await desk.states()) == {OperationState.DONE}
    there, here = await desk.on_server(b"Moved"), await desk.places("Moved")
    assert sorted(there) == sorted(place.uid or 0 for place in here)
    assert len(there) == 4
    assert len(await desk.on_server(b"INBOX")) == left == len(await desk.places("INBOX"))
    await desk.look("INBOX", "Moved")
    assert {place.message for place in await desk.places("Moved")} == {place.message for place in here}


@pytest.mark.parametrize("without", [ALL, NO_MOVE])
async def test_a_move_tells_the_new_uid_of_each_message(desk: Desk, without: frozenset[str]) -> None:
    await moved(desk)
    desk.session.capabilities -= without
    assert await desk.run() == 1
    await check(desk, 1)
    assert desk.waits == []


async def evidence(desk: Desk) -> dict[str, int]:
    status = await desk.session.status(b"Moved")
    return {"uidvalidity": status.uidvalidity or 0, "uidnext": status.uidnext or 0}


@pytest.mark.parametrize("without", [ALL, NO_MOVE])
@pytest.mark.parametrize("got_through", [0, 2, 3])
async def test_a_move_of_which_nobody_knows_how_far_it_got_is_completed(
    desk: Desk, without: frozenset[str], got_through: int
) -> None:
    lay = await moved(desk)
    await desk.pretend_sent([1], **await evidence(desk))
    await desk.session.select(b"INBOX")
    if got_through:
        await desk.session.move(format_set([place.uid or 0 for place in lay[:got_through]]), b"Moved")
    desk.session.capabilities -= without
    await desk.run()
    await check(desk, 1)
    assert len(desk.waits) == 1


@pytest.mark.parametrize("got_through", [0, 2, 3])
async def test_a_copy_of_which_nobody_knows_how_far_it_got_is_completed(desk: Desk, got_through: int) -> None:
    lay = await copied(desk)
    await desk.pretend_sent([1], **await evidence(desk))
    await desk.session.select(b"INBOX")
    if got_through:
        await desk.session.copy(format_set([place.uid or 0 for place in lay[:got_through]]), b"Moved")
    await desk.run()
    await check(desk, 4)


@pytest.mark.parametrize("step", ["copied", "marked"])
async def test_a_move_by_steps_goes_on_where_it_was(desk: Desk, step: str) -> None:
    lay = await moved(desk)
    await desk.pretend_sent([1], **await evidence(desk))
    uids = format_set([place.uid or 0 for place in lay])
    await desk.session.select(b"INBOX")
    await desk.session.copy(uids, b"Moved")
    async with desk.database.intention() as tx:
        await tx.run("UPDATE operation SET step = ?", (step,))
    if step == "marked":
        await desk.session.store_flags(uids, add=DELETED)
    desk.session.capabilities -= NO_MOVE
    await desk.run()
    await desk.look("Moved")
    await check(desk, 1)


async def test_without_copyuid_new_uids_are_found_by_looking(desk: Desk) -> None:
    await moved(desk)
    desk.session.capabilities -= NO_COPYUID
    await desk.run()
    inbox = await desk.on_server(b"INBOX")
    assert len(inbox) == 4  # without UIDPLUS what was copied stays, marked as deleted
    await desk.session.select(b"INBOX")
    assert len(await desk.session.search("DELETED")) == 3


async def test_a_message_that_another_client_removed_is_not_kept_for_ever(desk: Desk) -> None:
    lay = await moved(desk)
    await desk.session.select(b"INBOX")
    await desk.session.store_flags(str(lay[0].uid), add=DELETED)
    await desk.session.expunge(str(lay[0].uid))
    await desk.run()
    await desk.look("Moved")
    assert len(await desk.on_server(b"Moved")) == 3 == len(await desk.places("Moved"))


@pytest.mark.parametrize("waited", [True, False])
async def test_without_the_wait_a_session_that_is_not_quite_dead_would_double_a_copy(
    desk: Desk, waited: bool
) -> None:
    lay = await copied(desk)
    await desk.pretend_sent([1], **await evidence(desk))
    undead = await desk.door.enter()
    await undead.select(b"INBOX")

    async def at_last() -> None:
        await undead.copy(format_set([place.uid or 0 for place in lay]), b"Moved")

    if waited:
        desk.meanwhile = at_last
    await desk.run()
    if not waited:
        await at_last()
    undead.abort()
    assert len(desk.waits) == 1
    assert len(await desk.on_server(b"Moved")) == (4 if waited else 7)
