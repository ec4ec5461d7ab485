"""How the session speaks to servers of every age: what it asks, in which order, and what it keeps quiet."""

import asyncio
import base64
import io
import tracemalloc
from pathlib import Path

import pytest

from tests.imap.conftest import HASTY, PATIENT, Serve, Talk
from tui_mail.imap.connection import IN_FLIGHT
from tui_mail.imap.quirks import quirks_of
from tui_mail.imap.selected import SLICE
from tui_mail.imap.session import Session
from tui_mail.imap.wire import LITERAL_LIMIT, Splitter
from tui_mail.model.account import Server
from tui_mail.model.errors import NetworkError, ProtocolError, ServerRefused, StoreError
from tui_mail.model.message import Flag


async def signed_in(server: Server) -> Session:
    session = await Session.connect(server, None, PATIENT)
    await session.sign_in("bob", "secret")
    return session


async def test_at_most_four_commands_are_in_flight_and_answers_may_come_in_any_order(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        tags = [await talk.expects(b"UID FETCH") for _ in range(IN_FLIGHT)]
        four_came.set()
        uids = {tag: number + 1 for number, tag in enumerate(tags)}
        for tag in reversed(tags):
            uid = uids[tag]
            await talk.says(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n%b OK\r\n" % (uid, uid, uid * 10, tag))
        await talk.answers(b"NOOP")

    four_came = asyncio.Event()
    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    fetches = [asyncio.create_task(session.fetch(str(uid), "RFC822.SIZE")) for uid in range(1, 5)]
    await four_came.wait()
    await session.noop()
    assert [(await fetch)[0].size for fetch in fetches] == [10, 20, 30, 40]
    session.abort()


async def test_select_waits_until_nothing_else_is_in_flight(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        first = await talk.expects(b"NOOP")
        await talk.says(b"* OK wait\r\n")
        await talk.says(first + b" OK\r\n")
        await talk.selects()
        await talk.answers(b"CREATE")

    session = await signed_in(await serve(script))
    _, selected, _ = await asyncio.gather(session.noop(), session.select(b"INBOX"), session.create(b"x"))
    assert selected.exists == 3
    session.abort()


async def test_nothing_of_an_older_mailbox_is_taken_for_the_new_one(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        old = b"* 99 EXISTS\r\n* VANISHED 5\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* OK [CLOSED] x\r\n"
        await talk.answers(b"SELECT", old + b"* 2 EXISTS\r\n* VANISHED (EARLIER) 8\r\n")

    session = await signed_in(await serve(script))
    await session.select(b"one")
    selected = await session.select(b"two")
    assert selected.exists == session.news.exists == 2
    assert session.news.take().vanished == [(8, 8)]
    session.abort()


async def test_missing_numbers_are_not_invented(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b"SELECT", b"* 1 EXISTS\r\n* OK [UIDVALIDITY 0] x\r\n* OK [NOMODSEQ] x\r\n")
        tag = await talk.expects(b"UID FETCH 1:* (UID FLAGS)")
        await talk.says(b"* 1 FETCH (UID 4 FLAGS (\\Seen))\r\n" + tag + b" OK\r\n")

    session = await signed_in(await serve(script))
    selected = await session.select(b"INBOX", known=(7, 9))
    assert (selected.uidvalidity, selected.uidnext, selected.modseq) == (None, None, None)
    assert [one.uid for one in await session.fetch_flags("1:*", changed_since=5)] == [4]
    session.abort()


async def test_a_modseq_of_zero_is_never_sent(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 CONDSTORE ENABLE")
        for _ in range(2):
            tag = await talk.expects(b"SELECT INBOX (CONDSTORE)")
            await talk.says(tag + b" OK done\r\n")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX", known=(7, 0))
    await session.select(b"INBOX", known=(7, 5))  # QRESYNC was not enabled
    session.abort()


async def test_a_server_that_knows_us_already_is_not_told_a_password(serve: Serve, talks: list[Talk]) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")
        await talk.answers(b"NOOP")

    session = await signed_in(await serve(script))
    await session.noop()
    assert b"secret" not in talks[0].heard
    session.abort()


@pytest.mark.parametrize(
    ("capabilities", "spoken"),
    [
        (b"AUTH=PLAIN SASL-IR", [b"AUTHENTICATE PLAIN " + base64.b64encode(b"\0bob\0secret")]),
        (b"AUTH=PLAIN", [b"AUTHENTICATE PLAIN", base64.b64encode(b"\0bob\0secret")]),
        (b"AUTH=LOGIN", [b"LOGIN bob secret"]),
        (b"", [b"LOGIN bob secret"]),
        (
            b"AUTH=LOGIN LOGINDISABLED",
            [b"AUTHENTICATE LOGIN", base64.b64encode(b"bob"), base64.b64encode(b"secret")],
        ),
    ],
)
async def test_the_best_way_to_sign_in_is_taken(
    serve: Serve, capabilities: bytes, spoken: list[bytes]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 " + capabilities + b"] hi\r\n")
        tag, _, first = (await talk.line()).partition(b" ")
        assert first == spoken[0]
        for word in spoken[1:]:
            await talk.says(b"+ \r\n")
            assert await talk.line() == word
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")

    session = await signed_in(await serve(script))
    session.abort()


async def test_an_odd_password_travels_as_a_literal(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1] hi\r\n")
        tag = await talk.expects(b"LOGIN bob {5}")
        await talk.says(b"+ go on\r\n")
        assert await talk.line() == "pä\\s".encode()
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")

    session = await Session.connect(await serve(script), None, PATIENT)
    await session.sign_in("bob", "pä\\s")
    session.abort()


async def test_only_what_was_enabled_counts(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 ID ENABLE QRESYNC CONDSTORE")
        await talk.answers(b"ID NIL", b"* ID NIL\r\n")
        await talk.answers(b"ENABLE QRESYNC")  # no word of what is on

    session = await signed_in(await serve(script))
    assert session.enabled == frozenset()
    session.abort()


async def test_a_server_without_extensions_is_asked_folder_by_folder(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        names = (
            b'* LIST () "/" INBOX\r\n* LIST (\\Noselect) "/" x\r\n* LIST () "/" gone\r\n* LIST () "/" ""\r\n'
        )
        await talk.answers(b'LIST "" "*"', names)
        await talk.answers(b'LSUB "" "*"', kind=b"BAD what")
        await talk.answers(b"STATUS INBOX", b"* STATUS inbox (MESSAGES 5)\r\n")
        await talk.answers(b"STATUS gone", kind=b"NO no such mailbox")

    session = await signed_in(await serve(script))
    folders = {folder.name: folder.status for folder in await session.list_folders()}
    assert list(folders) == [b"INBOX", b"x", b"gone"]
    inbox = folders[b"INBOX"]
    assert inbox is not None
    assert inbox.messages == 5
    assert folders[b"x"] is folders[b"gone"] is None
    session.abort()


async def test_what_comes_between_idle_and_its_reply_ends_it(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        tag = await talk.expects(b"IDLE")
        await talk.says(b"* 4 EXISTS\r\n+ idling\r\n")
        assert await talk.line() == b"DONE"
        await talk.says(tag + b" OK\r\n")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    await session.idle(asyncio.Event(), 60)
    assert session.news.take().exists == 4
    session.abort()


async def test_the_end_of_idle_is_waited_for_only_so_long(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.expects(b"IDLE")
        await talk.says(b"+ idling\r\n")
        await talk.hangs()

    server = await serve(script)
    session = await Session.connect(server, None, HASTY)
    await session.sign_in("bob", "secret")
    with pytest.raises(Exception, match=r"silent for 0.3 s"):
        await session.idle(asyncio.Event(), 0.4)  # longer than the silence allowed elsewhere
    assert session.closed


async def test_idle_survives_a_long_silence(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        tag = await talk.expects(b"IDLE")
        await talk.says(b"+ idling\r\n")
        assert await talk.line() == b"DONE"
        await talk.says(tag + b" OK\r\n")
        await talk.answers(b"NOOP")

    session = await Session.connect(await serve(script), None, HASTY)
    await session.sign_in("bob", "secret")
    await session.idle(asyncio.Event(), 1.0)
    await session.noop()
    session.abort()


async def test_a_message_of_any_length_is_sent_after_asking(serve: Serve) -> None:
    message = b"Subject: x\r\n\r\n" + b"y" * 200_000

    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 LITERAL+ UIDPLUS")
        tag = await talk.expects(b'APPEND Sent (\\Seen) " 9-Sep-2001 01:46:40 +0000" {%d}' % len(message))
        await talk.says(b"+ go on\r\n")
        assert await talk.reader.readexactly(len(message) + 2) == message + b"\r\n"
        await talk.says(tag + b" OK [APPENDUID 7 9] done\r\n")

    session = await signed_in(await serve(script))
    assert await session.append(b"Sent", message, Flag.SEEN, 1_000_000_000) == (7, 9)
    session.abort()


async def test_new_uids_are_read_from_both_places(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 MOVE UIDPLUS")
        await talk.selects()
        await talk.answers(
            b"UID MOVE", b"* OK [COPYUID 5 1 8] x\r\n* OK [COPYUID 5 2 9] x\r\n* 1 EXPUNGE\r\n"
        )
        await talk.answers(b"UID COPY", kind=b"OK [COPYUID 5 3 10] done")
        await talk.answers(b"UID COPY")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    moved = await session.move("1:2", b"x")
    copied = await session.copy("3", b"x")
    assert moved is not None
    assert copied is not None
    assert (moved.pairs, copied.pairs) == (((1, 8), (2, 9)), ((3, 10),))
    assert await session.copy("3", b"x") is None
    assert session.news.take().expunged
    session.abort()


async def test_files_of_what_nobody_reads_are_closed(serve: Serve) -> None:
    opened: list[io.BytesIO] = []

    def open_sink() -> io.BytesIO:
        opened.append(io.BytesIO())
        return opened[-1]

    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        for kind in (b"OK done", b"NO on second thoughts"):
            tag = await talk.expects(b"FETCH")
            for uid in (1, 2):
                await talk.says(b"* %d FETCH (UID %d BODY[] {70000}\r\n%b)\r\n" % (uid, uid, b"x" * 70_000))
            await talk.says(tag + b" " + kind + b"\r\n")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    body = await session.fetch_body(1, open_sink)
    with pytest.raises(ServerRefused):
        await session.fetch_body(1, open_sink)
    assert [sink.closed for sink in opened] == [False, True, True, True]
    assert body is opened[0]
    session.abort()


async def test_a_literal_beyond_all_bounds_ends_the_session(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        await talk.expects(b"FETCH")
        await talk.says(b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % (LITERAL_LIMIT + 1))
        await talk.hangs()

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    with pytest.raises(ProtocolError, match="larger than 256 MiB"):
        await session.fetch_body(1)


def test_a_large_literal_needs_little_memory() -> None:
    class Drain(io.BytesIO):
        """Counts what it is given."""

        octets = 0

        def write(self, data: object) -> int:
            assert isinstance(data, (memoryview, bytearray))
            self.octets += len(data)
            return len(data)

    drain, splitter = Drain(), Splitter(lambda: drain)
    chunk = b"x" * 65_536
    tracemalloc.start()
    splitter.feed(b"* 1 FETCH (BODY[] {%d}\r\n" % (len(chunk) * 800))
    for _ in range(800):
        assert splitter.next_line() is None
        splitter.feed(chunk)
    splitter.feed(b")\r\n")
    whole = splitter.next_line()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert whole is not None
    assert drain.octets == 52_428_800
    assert peak < 512 * 1024


def test_known_servers_are_treated_as_they_are() -> None:
    assert not quirks_of("imap.mail.me.com").qresync
    assert not quirks_of("IMAP.163.com.").initial_response
    assert quirks_of("imap.126.com").says_who
    assert quirks_of("imap.not163.com") == quirks_of("imap.example.org")
    assert quirks_of("imap.example.org").qresync


async def test_a_server_that_wants_a_name_gets_one(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID] hi\r\n")
        tag = (await talk.line()).split(b" ")[0]
        await talk.says(b"+ \r\n")
        await talk.line()
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 ID\r\n")
        await talk.answers(b'ID ("name" "tui-mail")', kind=b"BAD never mind")
        await talk.answers(b"NOOP")

    monkeypatch.setattr("tui_mail.imap.session.quirks_of", lambda _: quirks_of("imap.163.com"))
    session = await signed_in(await serve(script))
    await session.noop()
    session.abort()


async def test_searches_at_the_same_time_keep_apart_whatever_order_they_are_answered_in(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 ESEARCH")
        await talk.selects()
        tags = [await talk.expects(b"UID SEARCH RETURN (ALL) UID 1:*") for _ in range(3)]
        for number, tag in reversed(list(enumerate(tags, 5))):
            await talk.says(b'* ESEARCH (TAG "%b") UID ALL %d\r\n%b OK\r\n' % (tag, number, tag))

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    found = await asyncio.gather(*(session.search(word) for word in ("SEEN", "FLAGGED", "DRAFT")))
    assert found == [[5], [6], [7]]
    session.abort()


async def test_searches_that_cannot_be_told_apart_are_sent_one_by_one(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        for number in range(6):
            tag = await talk.expects(b"UID SEARCH UID 1:*")
            assert not talk.reader._buffer  # type: ignore[attr-defined]  # nothing else is on its way
            await talk.says(b"* SEARCH %d\r\n%b OK\r\n" % (number + 1, tag))

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    sets = await session.flag_sets()
    assert list(sets.values()) == [[(number + 1, number + 1)] for number in range(6)]
    session.abort()


async def test_slices_at_the_same_time_keep_apart(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        tags = [await talk.expects(b"BODY.PEEK[]<%d.%d>" % (start, SLICE)) for start in (0, SLICE)]
        await talk.says(b"* 1 FETCH (UID 1 BODY[]<%d> {3}\r\nend)\r\n%b OK\r\n" % (SLICE, tags[1]))
        await talk.says(
            b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%b)\r\n%b OK\r\n" % (SLICE, b"x" * SLICE, tags[0])
        )

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    assert [piece async for piece in session.fetch_rest(1, 0, 2 * SLICE)] == [b"x" * SLICE, b"end"]
    session.abort()


async def test_what_came_before_a_break_stays(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        for start in (0, SLICE):
            tag = await talk.expects(b"BODY.PEEK[]<%d." % start)
            await talk.says(
                b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\n%b)\r\n%b OK\r\n" % (start, SLICE, b"x" * SLICE, tag)
            )
        await talk.expects(b"BODY.PEEK[]<%d." % (2 * SLICE))
        await talk.says(b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\nxx" % (2 * SLICE, SLICE))

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    rest = session.fetch_rest(1, 0, 3 * SLICE)
    assert [await anext(rest), await anext(rest)] == [b"x" * SLICE] * 2
    with pytest.raises(NetworkError):
        await anext(rest)


async def test_a_server_that_never_ends_a_message_is_left(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        while True:
            tag, _, rest = (await talk.line()).partition(b" ")
            start = rest.split(b"<")[1].split(b".")[0]
            await talk.says(
                b"* 1 FETCH (UID 1 BODY[]<%b> {%d}\r\n%b)\r\n%b OK\r\n" % (start, SLICE, b"x" * SLICE, tag)
            )

    monkeypatch.setattr("tui_mail.imap.selected.LITERAL_LIMIT", 3 * SLICE)
    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    with pytest.raises(ProtocolError, match="larger than"):
        [piece async for piece in session.fetch_rest(1, 0, 10)]
    session.abort()


async def test_a_file_of_any_size_is_sent_without_holding_it(serve: Serve, tmp_path: Path) -> None:
    size = 24 * 1024 * 1024

    async def script(talk: Talk) -> None:
        await talk.signs_in(b"IMAP4rev1 LITERAL+")
        tag = await talk.expects(b"APPEND Sent () {%d}" % size)
        await talk.says(b"+ go on\r\n")
        left = size
        while left:
            left -= len(await talk.reader.read(min(left, 65536)))
        assert await talk.line() == b""
        await talk.says(tag + b" OK done\r\n")

    path = tmp_path / "large"
    with path.open("wb") as made:
        made.truncate(size)
    session = await signed_in(await serve(script))
    with path.open("rb") as file:
        tracemalloc.start()
        await session.append(b"Sent", file)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    session.abort()


async def test_a_file_that_shrinks_while_it_is_sent_ends_the_line(serve: Serve, tmp_path: Path) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.expects(b"APPEND Sent () {100000}")
        path.write_bytes(b"x" * 10)
        await talk.says(b"+ go on\r\n")
        await talk.hangs()

    path = tmp_path / "shrinking"
    path.write_bytes(b"x" * 100_000)
    session = await signed_in(await serve(script))
    with path.open("rb") as file, pytest.raises(StoreError, match="shorter"):
        await session.append(b"Sent", file)
    assert session.closed
