"""News of all folders at once, unasked: from a real Dovecot, and from servers that do it otherwise."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.imap.conftest import PATIENT, Serve, Talk, letter
from tests.servers.mailbox import Mailbox
from tui_mail.imap.news import NewsElsewhere
from tui_mail.imap.responses import FolderStatus
from tui_mail.imap.session import Session
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import ProtocolError
from tui_mail.model.message import Flag


async def session_of(mailbox: Mailbox) -> Session:
    session = await Session.connect(mailbox.server(Security.NONE), None)
    await session.sign_in(mailbox.username, mailbox.password)
    return session


@pytest.fixture
async def ear(mailbox: Mailbox) -> AsyncIterator[Session]:
    """A session that listens to everything, with the inbox selected."""
    session = await session_of(mailbox)
    await session.create(b"Box")
    await session.append(b"Box", letter(1))
    await session.select(b"INBOX")
    assert await session.notify()
    yield session
    session.abort()
    await asyncio.sleep(0)


@pytest.fixture
async def hand(mailbox: Mailbox) -> AsyncIterator[Session]:
    """Another session of the same user, which changes things."""
    session = await session_of(mailbox)
    yield session
    session.abort()
    await asyncio.sleep(0)


async def heard(ear: Session, name: bytes, wanted: FolderStatus) -> None:
    """Listen until a folder stands as it should; fail after ten seconds."""
    known = NewsElsewhere()
    async with asyncio.timeout(10):
        while True:
            for other, status in ear.news_elsewhere.take().status.items():
                known.add(other, status)
            found = known.status.get(name, FolderStatus())
            if (found.messages, found.uidnext, found.unseen) == (
                wanted.messages,
                wanted.uidnext,
                wanted.unseen,
            ):
                return
            await ear.idle(asyncio.Event(), 10)


async def test_the_status_of_all_others_comes_at_once(ear: Session) -> None:
    told = ear.news_elsewhere.take().status
    assert {b"Box", b"Sent", b"Trash"} <= set(told)
    assert (told[b"Box"].messages, told[b"Box"].uidnext, told[b"Box"].unseen) == (1, 2, 1)
    assert told[b"Box"].uidvalidity
    assert told[b"Box"].modseq
    assert not ear.news_elsewhere


async def test_what_happens_in_another_folder_ends_idle(ear: Session, hand: Session) -> None:
    await heard(ear, b"Box", FolderStatus(1, 2, unseen=1))
    await hand.append(b"Box", letter(2))
    await heard(ear, b"Box", FolderStatus(2, 3, unseen=2))
    await hand.select(b"Box")
    await hand.store_flags("1", add=Flag.SEEN)
    listening = asyncio.create_task(ear.idle(asyncio.Event(), 30))
    await hand.store_flags("2", add=Flag.DELETED | Flag.SEEN)
    await hand.expunge("2")
    await listening
    assert ear.news_elsewhere
    async with asyncio.timeout(10):
        while not (told := ear.news_elsewhere.take().status.get(b"Box")) or told.messages != 1:
            await ear.idle(asyncio.Event(), 10)


async def test_the_selected_folder_is_told_of_as_ever(ear: Session, hand: Session) -> None:
    ear.news_elsewhere.take()
    await hand.append(b"INBOX", letter(3))
    async with asyncio.timeout(10):
        while not ear.news.arrived:
            ear.news_elsewhere.take()
            await ear.idle(asyncio.Event(), 10)
    assert ear.news.exists == 1
    assert b"INBOX" not in ear.news_elsewhere.status


async def test_a_folder_that_is_made_changes_the_tree(ear: Session, hand: Session) -> None:
    await hand.create(b"Neu")
    async with asyncio.timeout(10):
        while not ear.news_elsewhere.take().tree:
            await ear.idle(asyncio.Event(), 10)


async def test_commands_go_on_beside_what_is_told(ear: Session, hand: Session) -> None:
    for number in range(20):
        await hand.append(b"Box", letter(number))
        assert await ear.search("ALL") == []
        assert (await ear.status(b"Box")).messages == number + 2
    assert len(await ear.list_folders()) == 7


async def signed_in(server: Server) -> Session:
    session = await Session.connect(server, None, PATIENT)
    await session.sign_in("bob", "secret")
    return session


WITH_ALL = b"NOTIFY SET STATUS (selected (MessageNew MessageExpunge FlagChange)) (personal (MessageNew"


async def test_a_server_that_knows_fewer_events_is_asked_for_those(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 NOTIFY")
        tag = await talk.expects(WITH_ALL + b" MessageExpunge FlagChange MailboxName SubscriptionChange))")
        await talk.says(tag + b" NO [BADEVENT (MessageNew MessageExpunge FlagChange)] what?\r\n")
        await talk.answers(
            WITH_ALL + b" MessageExpunge FlagChange))", b"* STATUS x (MESSAGES 1 UIDNEXT 2)\r\n"
        )
        await talk.answers(b"NOOP", b"* STATUS x (UIDNEXT 3 UNSEEN 1)\r\n* STATUS y (MESSAGES 4)\r\n")

    session = await signed_in(await serve(script))
    assert await session.notify()
    await session.noop()
    assert session.news_elsewhere.take().status == {
        b"x": FolderStatus(messages=1, uidnext=3, unseen=1),
        b"y": FolderStatus(messages=4),
    }
    session.abort()


@pytest.mark.parametrize(
    "refusal", [b"NO [BADEVENT (MessageNew)] no", b"NO [NOTIFICATIONOVERFLOW] no", b"BAD no"]
)
async def test_a_server_that_will_not_tell_is_not_believed_to(serve: Serve, refusal: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 NOTIFY")
        for _ in range(2 if b"BADEVENT" in refusal else 1):
            await talk.answers(b"NOTIFY SET", kind=refusal)
        await talk.answers(b"NOOP", b"* STATUS x (MESSAGES 1)\r\n")

    session = await signed_in(await serve(script))
    assert not await session.notify()
    session.news_elsewhere.take()
    await session.noop()
    assert not session.news_elsewhere
    session.abort()


async def test_a_server_without_it_is_not_asked(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b"NOOP")

    session = await signed_in(await serve(script))
    assert not await session.notify()
    await session.noop()
    session.abort()


async def test_too_much_to_tell_is_told_once_and_ends_it(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 NOTIFY IDLE")
        await talk.answers(b"NOTIFY SET")
        tag = await talk.expects(b"IDLE")
        await talk.says(b"+ idling\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n* STATUS x (MESSAGES 1)\r\n")
        assert await talk.line() == b"DONE"
        await talk.says(tag + b" OK\r\n")

    session = await signed_in(await serve(script))
    assert await session.notify()
    await session.idle(asyncio.Event(), 30)
    news = session.news_elsewhere.take()
    assert news.overflow
    assert not news.status
    assert not session.news_elsewhere
    session.abort()


def test_names_without_end_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui_mail.imap.news.NAME_LIMIT", 3)
    news = NewsElsewhere()
    for name in (b"a", b"b", b"c", b"a"):
        news.add(name, FolderStatus(messages=1))
    with pytest.raises(ProtocolError, match="more than 3 folders"):
        news.add(b"d", FolderStatus(messages=1))
