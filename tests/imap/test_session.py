"""The session against a real Dovecot: each promise of the commands, one by one."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest

from tests.imap.conftest import letter
from tests.servers.mailbox import Mailbox
from tui_mail.imap.selected import SLICE
from tui_mail.imap.session import Session
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CertificateError, ProtocolError, ServerRefused, SignInRefused
from tui_mail.model.message import Flag
from tui_mail.net.tls import client_context

FIELDS = ("Date", "From", "Subject", "Message-ID")


async def signed_in(mailbox: Mailbox, security: Security = Security.TLS) -> Session:
    session = await Session.connect(mailbox.server(security), client_context(mailbox.dovecot.ca_file))
    await session.sign_in(mailbox.username, mailbox.password)
    return session


@pytest.fixture
async def session(mailbox: Mailbox) -> AsyncIterator[Session]:
    mailbox.fill("INBOX", [letter(number) for number in range(1, 11)])
    session = await signed_in(mailbox)
    yield session
    session.abort()
    await asyncio.sleep(0)


@pytest.mark.parametrize("security", list(Security))
async def test_every_kind_of_protection_leads_in(mailbox: Mailbox, security: Security) -> None:
    session = await signed_in(mailbox, security)
    assert "IDLE" in session.capabilities
    assert session.enabled == {"QRESYNC"}
    await session.logout()
    assert session.closed


@pytest.mark.parametrize("password", ["wrong", "", 'quo"ted \\ pässword'])
async def test_a_wrong_password_is_refused(mailbox: Mailbox, password: str) -> None:
    session = await Session.connect(mailbox.server(), client_context(mailbox.dovecot.ca_file))
    with pytest.raises(SignInRefused) as caught:
        await session.sign_in(mailbox.username, password)
    assert not password or password not in str(caught.value)
    session.abort()


async def test_no_password_goes_where_the_server_wants_tls_first(mailbox: Mailbox) -> None:
    server = Server(mailbox.dovecot.strict_host, mailbox.dovecot.imap_plain, Security.NONE)
    session = await Session.connect(server, None)
    assert "LOGINDISABLED" in session.capabilities
    with pytest.raises(ServerRefused):
        await session.sign_in(mailbox.username, mailbox.password)
    session.abort()


async def test_an_unknown_authority_is_refused(mailbox: Mailbox) -> None:
    for security in (Security.TLS, Security.STARTTLS):
        with pytest.raises(CertificateError):
            await Session.connect(mailbox.server(security), client_context(None))


async def test_a_selected_mailbox_tells_its_numbers(session: Session) -> None:
    selected = await session.select(b"INBOX")
    assert (selected.name, selected.exists, selected.uidnext) == (b"INBOX", 10, 11)
    assert selected.uidvalidity
    assert selected.modseq
    assert selected.keywords_allowed
    assert "\\seen" in selected.permanent_flags
    assert not selected.read_only
    assert not session.news
    assert (await session.select(b"INBOX", read_only=True)).read_only
    await session.unselect()
    assert session.selected is None
    with pytest.raises(ServerRefused):
        await session.select(b"Nowhere")
    assert session.selected is None


async def test_what_changed_since_comes_with_select(session: Session, mailbox: Mailbox) -> None:
    before = await session.select(b"INBOX")
    assert before.uidvalidity
    assert before.modseq
    other = await signed_in(mailbox)
    await other.select(b"INBOX")
    await other.store_flags("3", add=Flag.FLAGGED, add_keywords=["Work"])
    await other.store_flags("5:6", add=Flag.DELETED)
    assert await other.expunge("5:6")
    await other.logout()
    await session.unselect()
    after = await session.select(b"INBOX", known=(before.uidvalidity, before.modseq))
    news = session.news.take()
    assert after.exists == news.exists == 8
    assert news.vanished == [(5, 6)]
    assert {uid: (flags, keywords) for uid, (flags, keywords, _) in news.flags.items()} == {
        3: (Flag.FLAGGED, ("Work",))
    }


async def test_flags_changed_since_and_vanished_are_fetched(session: Session, mailbox: Mailbox) -> None:
    before = await session.select(b"INBOX")
    other = await signed_in(mailbox)
    await other.select(b"INBOX")
    await other.store_flags("2", add=Flag.SEEN)
    await other.store_flags("4", add=Flag.DELETED)
    await other.expunge("4")
    await other.logout()
    changed = await session.fetch_flags("1:*", changed_since=before.modseq)
    assert [(one.uid, one.flags) for one in changed] == [(2, Flag.SEEN)]
    assert session.news.take().vanished == [(4, 4)]
    assert len(await session.fetch_flags("1:*")) == 9


async def test_list_data_comes_whole_and_pipelined(session: Session) -> None:
    await session.select(b"INBOX")
    assert await session.newest_uids(4) == [7, 8, 9, 10]
    parts = await asyncio.gather(*(session.fetch_list(f"{uid}:{uid + 1}", FIELDS) for uid in range(1, 10, 2)))
    fetched = [one for part in parts for one in part]
    assert [one.uid for one in fetched] == list(range(1, 11))
    for one in fetched:
        assert one.header is not None
        assert f"Subject: Letter {one.uid}\r\n".encode() in one.header
        assert one.attachment is False
        assert one.flags == Flag.NONE
        assert one.size == len(letter(one.uid))
        assert one.internal_date
        assert one.modseq


async def test_an_empty_mailbox_has_no_newest(session: Session) -> None:
    await session.create(b"Empty")
    await session.select(b"Empty")
    assert await session.newest_uids(5) == []
    assert await session.search("UID 1:*") == []


async def test_a_body_comes_into_a_file_large_or_small(session: Session, mailbox: Mailbox) -> None:
    await session.select(b"INBOX")  # now the letters have their numbers
    mailbox.deliver(letter(99, 300_000))
    await session.noop()
    opened: list[io.BytesIO] = []

    def open_sink() -> io.BytesIO:
        opened.append(io.BytesIO())
        return opened[-1]

    small, large = await session.fetch_body(1, open_sink), await session.fetch_body(11, open_sink)
    assert small.read() == letter(1)
    assert large.read().endswith(letter(99, 300_000))
    assert opened == [small, large]
    with pytest.raises(ServerRefused) as caught:
        await session.fetch_body(4711)
    assert caught.value.code == "NONEXISTENT"


async def test_a_broken_download_goes_on_where_it_stopped(session: Session) -> None:
    raw = letter(5, 5 * SLICE // 2)
    place = await session.append(b"Sent", raw)
    assert place is not None
    await session.select(b"Sent")
    for held in (0, 1, 1000, SLICE, 2 * SLICE + 5, len(raw)):
        rest = [piece async for piece in session.fetch_rest(place[1], held, len(raw))]
        assert raw[:held] + b"".join(rest) == raw
        assert [len(piece) for piece in rest[:-1]] == [SLICE] * (len(rest) - 1)
    for told in (0, 3 * len(raw)):  # a server that does not know its sizes
        assert b"".join([piece async for piece in session.fetch_rest(place[1], 0, told)]) == raw
    with pytest.raises(ServerRefused) as caught:
        await anext(session.fetch_rest(4711, 0, 10))
    assert caught.value.code == "NONEXISTENT"


async def test_one_part_of_a_message_is_fetched(session: Session) -> None:
    large = b"base64 " * 20_000
    raw = (
        b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n"
        b"--y\r\nContent-Type: text/plain\r\n\r\nHello\r\n--y\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n"
        b"--y--\r\n--x\r\nContent-Type: application/pdf\r\n\r\n" + large + b"\r\n--x--\r\n"
    )
    place = await session.append(b"Sent", raw)
    assert place is not None
    await session.select(b"Sent")
    html, pdf = await asyncio.gather(session.fetch_part(place[1], "1.2"), session.fetch_part(place[1], "2"))
    with html.body, pdf.body:
        assert (html.header, html.body.read()) == (b"Content-Type: text/html\r\n\r\n", b"<p>Hello")
        assert (pdf.header, pdf.body.read()) == (b"Content-Type: application/pdf\r\n\r\n", large)
    with pytest.raises(ServerRefused):
        await session.fetch_part(4711, "1")
    with pytest.raises(ProtocolError):
        await session.fetch_part(place[1], "1] BODY[")


async def test_bodies_come_in_a_batch(session: Session, mailbox: Mailbox) -> None:
    await session.select(b"INBOX")  # now the letters have their numbers
    mailbox.deliver(letter(99, 100_000))
    await session.noop()
    found = await session.fetch_bodies([1, 3, 11, 50])
    assert set(found) == {1, 3, 11}
    assert found[3] == letter(3)
    assert len(found[11]) > 100_000
    assert await session.fetch_bodies([]) == {}


async def test_searches_tell_uids(session: Session) -> None:
    await session.select(b"INBOX")
    await session.store_flags("2:3", add=Flag.SEEN)
    assert await session.search("SEEN") == [2, 3]
    session.capabilities -= {"ESEARCH"}
    assert await session.search("UNSEEN UID 1:5") == [1, 4, 5]
    assert await session.search('HEADER Message-ID "<7@example.org>"') == [7]


async def test_the_flags_of_a_whole_folder_come_as_sets(session: Session) -> None:
    await session.select(b"INBOX")
    await session.store_flags("2:4,9", add=Flag.SEEN)
    await session.store_flags("3", add=Flag.FLAGGED | Flag.FORWARDED)
    await session.store_flags("10", add=Flag.DRAFT | Flag.DELETED | Flag.ANSWERED)
    told = {
        Flag.SEEN: [(2, 4), (9, 9)],
        Flag.FLAGGED: [(3, 3)],
        Flag.ANSWERED: [(10, 10)],
        Flag.DRAFT: [(10, 10)],
        Flag.DELETED: [(10, 10)],
        Flag.FORWARDED: [(3, 3)],
    }
    assert await session.flag_sets() == told
    assert (await session.flag_sets("4:*"))[Flag.SEEN] == [(4, 4), (9, 9)]
    session.capabilities -= {"ESEARCH"}
    assert await session.flag_sets() == told


async def test_flags_are_added_and_removed(session: Session) -> None:
    await session.select(b"INBOX")
    await session.store_flags("1", add=Flag.SEEN | Flag.FORWARDED, add_keywords=["Work", "$label1"])
    await session.store_flags("1", remove=Flag.SEEN, remove_keywords=["work"])
    (one,) = await session.fetch_flags("1")
    assert (one.flags, one.keywords) == (Flag.FORWARDED, ("$label1",))
    await session.store_flags("1")


async def test_messages_move_and_are_copied(session: Session) -> None:
    await session.create(b"Target")
    await session.select(b"INBOX")
    assert session.has_move
    moved = await session.move("1,3", b"Target")
    copied = await session.copy("4", b"Target")
    assert moved is not None
    assert copied is not None
    assert moved.pairs == ((1, 1), (3, 2))
    assert copied.pairs == ((4, 3),)
    assert moved.uidvalidity == (await session.status(b"Target")).uidvalidity
    assert sorted(session.news.take().vanished) == [(1, 1), (3, 3)]
    assert await session.move("1", b"Target") is None
    with pytest.raises(ServerRefused) as caught:
        await session.move("4", b"Nowhere")
    assert caught.value.code == "TRYCREATE"


async def test_nothing_is_expunged_without_uidplus(session: Session) -> None:
    await session.select(b"INBOX")
    await session.store_flags("1", add=Flag.DELETED)
    offered = session.capabilities
    session.capabilities = offered - {"UIDPLUS"}
    assert not await session.expunge("1")
    assert len(await session.search("UID 1:*")) == 10
    session.capabilities = offered
    assert await session.expunge("1:9")
    assert await session.search("UID 1:*") == list(range(2, 11))


@pytest.mark.parametrize("size", [0, 10_000, 100_000, 3_000_000])
@pytest.mark.parametrize("in_a_file", [False, True])
@pytest.mark.parametrize("unasked", [False, True])
async def test_a_message_is_appended(session: Session, size: int, in_a_file: bool, unasked: bool) -> None:
    if not unasked:
        session._line.without_waiting = -1
    message = io.BytesIO(b"passed over" + letter(1, size)) if in_a_file else letter(1, size)
    if isinstance(message, io.BytesIO):
        message.seek(len(b"passed over"))
    place = await session.append(b"Sent", message, Flag.SEEN | Flag.DRAFT, 1_000_000_000, ["Work", "$label1"])
    assert place is not None
    selected = await session.select(b"Sent")
    assert place == (selected.uidvalidity, 1)
    (one,) = await session.fetch_list("1", FIELDS)
    assert (one.flags, one.internal_date) == (Flag.SEEN | Flag.DRAFT, 1_000_000_000)
    assert set(one.keywords) == {"Work", "$label1"}
    with await session.fetch_body(1) as body:
        assert body.read() == letter(1, size)
    with pytest.raises(ServerRefused) as caught:
        await session.append(b"Nowhere", letter(1))
    assert caught.value.code == "TRYCREATE"


@pytest.mark.parametrize("in_a_file", [False, True])
@pytest.mark.parametrize("size", [0, 200_000])
async def test_a_message_with_nul_in_it_is_appended_where_the_server_can(
    session: Session, in_a_file: bool, size: int
) -> None:
    raw = letter(1, size) + b"a\0b\r\n"
    place = await session.append(b"Sent", io.BytesIO(raw) if in_a_file else raw)
    assert place is not None
    await session.select(b"Sent")
    with await session.fetch_body(place[1]) as body:
        assert body.read() == letter(1, size) + b"a\x80b\r\n"  # Dovecot shows NUL so where it must not stand
    session.capabilities -= {"BINARY"}
    await session.append(b"Sent", letter(2))


async def test_a_name_that_needs_a_literal_is_waited_for(session: Session) -> None:
    session._line.without_waiting = -1
    with pytest.raises(ServerRefused):
        await session.status("bäh".encode())
    await session.noop()


async def test_idle_ends_with_news(session: Session, mailbox: Mailbox) -> None:
    await session.select(b"INBOX")
    listening = asyncio.create_task(session.idle(asyncio.Event(), 30))
    mailbox.deliver(letter(11))
    await listening
    assert session.news.take().exists == 11
    assert await session.newest_uids(1) == [11]


async def test_idle_ends_when_woken_and_when_it_is_time(session: Session) -> None:
    await session.select(b"INBOX")
    wake = asyncio.Event()
    listening = asyncio.create_task(session.idle(wake, 30))
    asyncio.get_running_loop().call_later(0.05, wake.set)
    await listening
    await session.idle(wake, 30)
    await session.idle(asyncio.Event(), 0.05)
    assert not session.news
    await session.noop()


async def test_a_command_waits_for_idle_and_then_runs(session: Session) -> None:
    await session.select(b"INBOX")
    wake = asyncio.Event()
    listening = asyncio.create_task(session.idle(wake, 30))
    await asyncio.sleep(0)
    command = asyncio.create_task(session.search("ALL"))
    wake.set()
    assert len(await command) == 10
    await listening
