"""Whatever a server does wrong ends in a sentence that names it, and never in a secret told."""

import asyncio
import base64
import io
import socket
import traceback

import pytest

from tests.imap.conftest import HASTY, PATIENT, Serve, Talk
from tui_mail.imap.session import Session
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import (
    ConfigError,
    MailError,
    NetworkError,
    ProtocolError,
    ServerBusy,
    ServerRefused,
    ServerSilent,
    SignInRefused,
)
from tui_mail.model.message import Flag

SECRET = "hunter2 Gehëim"


async def test_a_closed_port_is_a_refused_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = Server("127.0.0.1", taken.getsockname()[1], Security.NONE)
        with pytest.raises(NetworkError, match=f"127.0.0.1:{server.port} refused the connection"):
            await Session.connect(server, None)


async def test_a_line_without_tls_is_for_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="without TLS"):
        await Session.connect(Server("192.0.2.1", 143, Security.NONE), None)


async def test_a_server_that_never_greets_is_silent(serve: Serve) -> None:
    server = await serve(Talk.hangs)
    with pytest.raises(ServerSilent, match=f"127.0.0.1:{server.port} does not greet"):
        await Session.connect(server, None, HASTY)


async def test_a_greeting_that_drips_is_silence_too(serve: Serve) -> None:
    async def drip(talk: Talk) -> None:
        while True:
            await talk.says(b"x")
            await asyncio.sleep(0.01)

    with pytest.raises(ServerSilent, match="does not greet"):
        await Session.connect(await serve(drip), None, HASTY)


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"+OK POP3 ready\r\n",
        b"220 smtp ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\r\n",
        b"a1 OK tagged\r\n",
        b"* 5 EXISTS\r\n",
        b"\r\n",
        b"x" * 100_000,
    ],
)
async def test_what_is_no_imap_is_called_so(serve: Serve, greeting: bytes) -> None:
    async def speak(talk: Talk) -> None:
        await talk.says(greeting)
        await talk.hangs()

    server = await serve(speak)
    with pytest.raises(ProtocolError, match=f"127.0.0.1:{server.port} sent something that is not IMAP"):
        await Session.connect(server, None, HASTY)


async def test_a_farewell_as_greeting_asks_to_come_back_later(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* BYE too many connections \x1b]0;x\x07\r\n")

    with pytest.raises(ServerBusy, match="too many connections ␛") as caught:
        await Session.connect(await serve(script), None)
    assert "\x1b" not in str(caught.value)


async def signed_in(server: Server) -> Session:
    session = await Session.connect(server, None, HASTY)
    await session.sign_in("bob", SECRET)
    return session


async def test_a_server_that_hangs_within_a_command_is_silent(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.hangs()

    session = await signed_in(await serve(script))
    with pytest.raises(ServerSilent, match=r"has been silent for 0.3 s"):
        await session.noop()
    assert session.closed
    with pytest.raises(ServerSilent):
        await session.noop()


async def test_a_byte_now_and_then_does_not_stretch_a_command_for_ever(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        while True:
            await talk.says(b"* OK still here\r\n")
            await asyncio.sleep(0.05)

    session = await signed_in(await serve(script))
    with pytest.raises(ServerSilent, match="answers too slowly"):
        await session.noop()


async def test_a_connection_cut_within_a_literal_is_a_lost_line(serve: Serve) -> None:
    sinks: list[io.BytesIO] = []

    def open_sink() -> io.BytesIO:
        sinks.append(io.BytesIO())
        return sinks[-1]

    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        await talk.expects(b"FETCH")
        await talk.says(b"* 1 FETCH (UID 1 BODY[] {100000}\r\n" + b"x" * 50_000)

    server = await serve(script)
    session = await signed_in(server)
    await session.select(b"INBOX")
    with pytest.raises(NetworkError, match=f"127.0.0.1:{server.port} closed the connection"):
        await session.fetch_body(1, open_sink)
    assert [sink.closed for sink in sinks] == [True]


@pytest.mark.parametrize(
    "junk",
    [
        b"* FETCH (UID 1)\r\n)\r\n",
        b"* 1 FETCH (UID 1 FLAGS (\r\n))\r\n",
        b"garbage\r\n",
        b"t99 OK what\r\n",
        b"* SEARCH x\r\n",
        b'* ESEARCH (TAG "t99") UID ALL 1\r\n',
    ],
)
async def test_garbage_within_a_session_ends_it(serve: Serve, junk: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.expects(b"NOOP")
        await talk.says(junk)
        await talk.hangs()

    session = await signed_in(await serve(script))
    with pytest.raises(ProtocolError, match="not IMAP"):
        await session.noop()
    assert session.closed


async def test_a_flood_of_what_nobody_asked_for_ends_the_session(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.expects(b"NOOP")
        while True:
            await talk.says(b"* OK flood\r\n" * 10_000)

    session = await Session.connect(await serve(script), None, PATIENT)  # it is about numbers, not time
    await session.sign_in("bob", SECRET)
    with pytest.raises(ProtocolError, match="nobody asked for"):
        await session.noop()


async def test_a_cancelled_command_ends_the_session(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.hangs()

    session = await signed_in(await serve(script))
    command = asyncio.create_task(session.noop())
    await asyncio.sleep(0)
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    assert session.closed


async def test_a_command_cancelled_before_its_turn_leaves_the_session_alone(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        tags = [await talk.expects(b"NOOP") for _ in range(4)]
        held.set()
        await go_on.wait()
        await talk.says(b"".join(tag + b" OK\r\n" for tag in reversed(tags)))
        await talk.answers(b"NOOP")

    held, go_on = asyncio.Event(), asyncio.Event()
    session = await signed_in(await serve(script))
    running = [asyncio.create_task(session.noop()) for _ in range(4)]
    await held.wait()
    fifth = asyncio.create_task(session.noop())
    await asyncio.sleep(0)
    fifth.cancel()
    go_on.set()
    await asyncio.gather(*running)
    await session.noop()
    session.abort()


async def test_a_farewell_within_a_command_asks_to_come_back_later(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.expects(b"NOOP")
        await talk.says(b"* BYE going down\r\n")

    session = await signed_in(await serve(script))
    with pytest.raises(ServerBusy, match="going down"):
        await session.noop()


@pytest.mark.parametrize("code", [b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG"])
async def test_some_refusals_mean_later(serve: Serve, code: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b"CREATE", kind=b"NO [" + code + b"] not now")

    session = await signed_in(await serve(script))
    with pytest.raises(ServerBusy, match="not now"):
        await session.create(b"x")
    session.abort()


async def test_a_refusal_carries_its_code_and_a_safe_sentence(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b"CREATE", kind=b"NO [OverQuota] full \x1b[2J" + b"!" * 1000)
        await talk.answers(b"NOOP", kind=b"BAD what")

    session = await signed_in(await serve(script))
    with pytest.raises(ServerRefused) as caught:
        await session.create(b"x")
    assert caught.value.code == "OVERQUOTA"
    assert caught.value.sentence_of_server.startswith("full ␛[2J")
    assert len(caught.value.sentence_of_server) == 300
    with pytest.raises(ServerRefused) as caught:
        await session.noop()
    assert caught.value.code == "BAD"
    session.abort()


def everything_told(error: BaseException) -> str:
    """Return all that a log could hold of an error and its causes, locals of frames aside."""
    told = "".join(traceback.format_exception(error))
    return f"{told} {error!r} {error.args} {getattr(error, 'hint', '')} {vars(error)}"


@pytest.mark.parametrize(
    "reply",
    [
        b"NO [AUTHENTICATIONFAILED] no such password: " + SECRET.encode(),
        b"BAD cannot parse " + SECRET.encode(),
        b"NO [UNAVAILABLE] later, " + SECRET.encode(),
        b"BAD cannot parse " + base64.b64encode(b"\0bob\0" + SECRET.encode()),
    ],
)
async def test_a_password_is_in_no_error_even_if_the_server_repeats_it(serve: Serve, reply: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
        tag = await talk.expects(b"AUTHENTICATE PLAIN")
        await talk.says(b"+ \r\n")
        await talk.line()
        await talk.says(tag + b" " + reply + b"\r\n")

    with pytest.raises(MailError) as caught:
        await signed_in(await serve(script))
    told = everything_told(caught.value)
    assert SECRET not in told
    assert base64.b64encode(b"\0bob\0" + SECRET.encode()).decode() not in told
    assert isinstance(caught.value, (SignInRefused, ServerRefused, ServerBusy))


async def test_nothing_of_a_long_secret_is_in_an_error_that_is_cut_short(serve: Serve) -> None:
    key = "".join(f"{n:x}" for n in range(500))

    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n")
        tag = await talk.expects(b"AUTHENTICATE PLAIN")
        await talk.says(b"+ \r\n")
        sent = await talk.line()
        await talk.says(tag + b" NO " + sent.strip() + b" " + key.encode() + b"\r\n")

    session = await Session.connect(await serve(script), None, HASTY)
    with pytest.raises(SignInRefused, match="•••") as caught:
        await session.sign_in("bob", key)
    told = everything_told(caught.value)
    assert key[:40] not in told
    assert base64.b64encode(b"\0bob\0" + key.encode()).decode()[:40] not in told
    session.abort()


async def test_no_password_is_sent_where_login_is_disabled(serve: Serve, talks: list[Talk]) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n")
        await talk.hangs()

    session = await Session.connect(await serve(script), None, HASTY)
    with pytest.raises(ServerRefused, match="no way to sign in"):
        await session.sign_in("bob", SECRET)
    assert talks[0].heard == b""
    session.abort()


@pytest.mark.parametrize("word", ["a\r\nb", "a\0b", "", "a\nb"])
async def test_a_password_that_would_break_the_line_is_never_sent(
    serve: Serve, talks: list[Talk], word: str
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1] hi\r\n")
        await talk.hangs()

    session = await Session.connect(await serve(script), None, HASTY)
    for name, password in (("bob", word), (word, "secret")):
        with pytest.raises(SignInRefused, match="cannot be sent"):
            await session.sign_in(name, password)
    assert talks[0].heard == b""
    session.abort()


async def test_a_refused_literal_leaves_the_session_usable(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.answers(b"APPEND", kind=b"NO [TRYCREATE] no such folder")
        await talk.answers(b"NOOP")

    session = await signed_in(await serve(script))
    with pytest.raises(ServerRefused) as caught:
        await session.append(b"Sent", b"Subject: x\r\n\r\n", Flag.SEEN)
    assert caught.value.code == "TRYCREATE"
    await session.noop()
    session.abort()


@pytest.mark.parametrize("name", [b"a\r\nt9 DELETE x", b"a\0b"])
async def test_a_folder_name_cannot_begin_a_command(serve: Serve, talks: list[Talk], name: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.hangs()

    session = await signed_in(await serve(script))
    before = len(talks[0].heard)
    for command in (
        session.select(name),
        session.create(name),
        session.copy("1", name),
        session.status(name),
    ):
        with pytest.raises(ProtocolError):
            await command
    for uids in ("1\r\nx", "1 2", ""):
        with pytest.raises(ProtocolError):
            await session.fetch(uids, "FLAGS")
    with pytest.raises(ProtocolError):
        await session.search("ALL\r\nt9 NOOP")
    with pytest.raises(ProtocolError):
        await session.store_flags("1", add_keywords=["a b"])
    assert len(talks[0].heard) == before
    session.abort()


BAD = b'BODYSTRUCTURE ("text" "pla)'
"""An item that no client can read."""


async def test_one_message_that_cannot_be_read_holds_up_no_other(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        told = (
            b"* 1 FETCH (UID 11 RFC822.SIZE 1 BODYSTRUCTURE NIL)\r\n* 2 FETCH (UID 12 RFC822.SIZE 1 %b)\r\n"
            b"* 3 FETCH (RFC822.SIZE 1 %b UID 13)\r\n" % (BAD, BAD)
        )
        await talk.answers(b"UID FETCH 11:13", told)
        named = b"* 3 FETCH (UID 13)\r\n* 1 FETCH (UID 11)\r\n* 4 FETCH (UID 14)\r\n"
        await talk.answers(b"FETCH 3 (UID)", named)
        await talk.answers(b"UID FETCH 12", b"* 2 FETCH (UID 12 BODY[] (x))\r\n")
        await talk.answers(b"NOOP")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    fetched = await session.fetch("11:13", "RFC822.SIZE BODYSTRUCTURE")
    assert [one.uid for one in fetched] == [11]
    assert session.news.unreadable == {12, 13}
    with pytest.raises(ServerRefused, match="in a way that cannot be read") as caught:
        await session.fetch_body(12)
    assert caught.value.code == "UNREADABLE"
    assert session.news.take().unreadable == {12, 13}
    assert not session.news.unreadable
    await session.noop()
    session.abort()


async def test_what_cannot_be_read_and_nobody_asked_for_is_a_change(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        await talk.answers(b"NOOP", b"* 2 FETCH (UID 12 FLAGS NIL)\r\n")

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    await session.noop()
    news = session.news.take()
    assert news.stirred
    assert not news.flags
    session.abort()


async def test_a_large_literal_in_what_cannot_be_read_is_let_go(serve: Serve) -> None:
    sinks: list[io.BytesIO] = []

    def open_sink() -> io.BytesIO:
        sinks.append(io.BytesIO())
        return sinks[-1]

    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        large = b"{100000}\r\n" + b"x" * 100_000
        await talk.answers(b"UID FETCH 1", b"* 1 FETCH (UID 1 BODY[] %b FLAGS NIL)\r\n" % large)

    session = await signed_in(await serve(script))
    await session.select(b"INBOX")
    with pytest.raises(ServerRefused):
        await session.fetch_body(1, open_sink)
    assert [sink.closed for sink in sinks] == [True]
    session.abort()


async def test_a_server_that_says_nothing_readable_is_left(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.signs_in()
        await talk.selects()
        await talk.expects(b"UID FETCH")
        for number in range(1, 20_000):
            await talk.says(b"* %d FETCH (UID %d FLAGS NIL)\r\n" % (number, number))

    session = await Session.connect(await serve(script), None, PATIENT)
    await session.sign_in("bob", SECRET)
    await session.select(b"INBOX")
    with pytest.raises(ProtocolError, match="no readable way"):
        await session.fetch_flags("1:*")
    assert session.closed
