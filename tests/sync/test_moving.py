"""Messages moved on a real server, with and without MOVE, and when nobody knows how far a try got."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.conftest import letter
from tests.servers.mailbox import Mailbox
from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set
from tui_mail.mime.headers import LIST_FIELDS, summary
from tui_mail.model.account import Security
from tui_mail.sync.moving import Batch, Target, look_at_target, move

INBOX, TARGET = b"INBOX", b"Moved"


@pytest.fixture
async def session(mailbox: Mailbox) -> AsyncIterator[Session]:
    mailbox.fill("INBOX", [letter(f"Letter {n}") for n in range(4)])
    session = await Session.connect(mailbox.server(Security.NONE), None)
    await session.sign_in(mailbox.username, mailbox.password)
    yield session
    session.abort()


async def batch_of(session: Session) -> Batch:
    """Return the first three messages of the inbox, as ids 10, 20 and 30."""
    await session.select(INBOX)
    fetched = sorted(await session.fetch_list("1:*", LIST_FIELDS), key=lambda one: one.uid)[:3]
    return Batch(
        INBOX,
        {one.uid: n for n, one in zip((10, 20, 30), fetched, strict=True)},
        {
            n: (summary(one.header or b"").message_id, one.size or 0)
            for n, one in zip((10, 20, 30), fetched, strict=True)
        },
    )


async def uids_in(session: Session, name: bytes) -> list[int]:
    await session.select(name)
    return sorted(await session.search("ALL"))


async def check(session: Session, target: Target, arrived: dict[int, int]) -> None:
    """Every message of the batch is in the target once, under the UID that was told; one stayed."""
    assert sorted(arrived) == [10, 20, 30]
    assert await uids_in(session, target.name) == sorted(arrived.values())
    assert len(await uids_in(session, INBOX)) == 1


@pytest.mark.parametrize("without", [frozenset(), frozenset({"MOVE"})])
async def test_a_move_tells_the_new_uid_of_each_message(session: Session, without: frozenset[str]) -> None:
    target = await look_at_target(session, TARGET)
    batch = await batch_of(session)
    session.capabilities -= without
    await check(session, target, await move(session, batch, target, in_doubt=False))


@pytest.mark.parametrize("without", [frozenset(), frozenset({"MOVE"})])
async def test_a_move_that_got_through_unheard_is_not_done_again(
    session: Session, without: frozenset[str]
) -> None:
    target = await look_at_target(session, TARGET)
    batch = await batch_of(session)
    await move(session, batch, target, in_doubt=False)
    session.capabilities -= without
    await check(session, target, await move(session, batch, target, in_doubt=True))


async def test_a_copy_whose_originals_were_not_yet_removed_is_not_made_again(session: Session) -> None:
    target = await look_at_target(session, TARGET)
    batch = await batch_of(session)
    await session.select(INBOX)
    await session.copy(format_set(list(batch.messages)[:2]), TARGET)
    session.capabilities -= {"MOVE"}
    await check(session, target, await move(session, batch, target, in_doubt=True))


async def test_without_uidplus_what_was_copied_stays_marked_and_nothing_else_is_expunged(
    session: Session,
) -> None:
    target = await look_at_target(session, TARGET)
    batch = await batch_of(session)
    session.capabilities -= {"MOVE", "UIDPLUS"}
    arrived = await move(session, batch, target, in_doubt=False)
    assert sorted(arrived) == [10, 20, 30]
    await session.select(INBOX)
    assert sorted(await session.search("DELETED")) == sorted(batch.messages)
    assert len(await session.search("ALL")) == 4
