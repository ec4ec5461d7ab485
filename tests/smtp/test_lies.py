"""A server that lies, stalls or leaves: letters are sent once, or provably not, or said to be in doubt."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.servers.lies import (
    Change,
    Close,
    Drip,
    Flood,
    GoOn,
    Hang,
    Moment,
    Reset,
    Rule,
    Say,
    edited,
    instead,
)
from tests.servers.lying_smtp import ADDRESS, PASSWORD, LyingSmtp
from tui_mail.model.errors import (
    LostInCommit,
    MailError,
    NetworkError,
    ProtocolError,
    ServerBusy,
    ServerRefused,
    ServerSilent,
)
from tui_mail.smtp.line import REPLY_LIMIT, Limits
from tui_mail.smtp.session import Session

T = TypeVar("T")
LETTER = b"Subject: x\r\n\r\nHello\r\n"
HASTY = Limits(connect=2, wall=0.5, commit=0.7, farewell=0.3)
PATIENT = Limits(connect=5, wall=10, commit=10, farewell=1)
TO = ("ada@example.org", "cyd@example.org")


def session(server: LyingSmtp, limits: Limits = PATIENT) -> Session:
    return Session(server.account(), server.server, PASSWORD, told=lambda *_: None, limits=limits)


def whole(line: Session) -> None:
    """Send a letter in all its steps."""
    with line:
        line.open()
        line.envelope(ADDRESS, TO, len(LETTER), utf8=False, dsn=False)
        line.send_bytes([LETTER], lambda _: None)
        line.commit()


async def against(server: LyingSmtp, story: Callable[[Session], T], limits: Limits = PATIENT) -> T:
    async with server:
        line = session(server, limits)
        return await asyncio.to_thread(story, line)


async def failure(server: LyingSmtp, limits: Limits = PATIENT) -> MailError:
    with pytest.raises(MailError) as caught:
        await against(server, whole, limits)
    assert PASSWORD not in repr(caught.value)
    return caught.value


async def test_the_honest_half_takes_a_letter() -> None:
    server = LyingSmtp()
    await against(server, whole)
    (taken,) = server.taken
    assert taken.octets == LETTER
    assert taken.mail == f"MAIL FROM:<{ADDRESS}> SIZE={len(LETTER)}"
    assert taken.recipients == tuple(f"RCPT TO:<{one}>" for one in TO)


EVENTS = (Moment.GREETING, rb"^EHLO", rb"^AUTH", rb"^MAIL", rb"^RCPT", rb"^DATA")
NEWS = {
    "a close": (Close(), NetworkError),
    "a reset": (Reset(), NetworkError),
    "a hang": (Hang(), ServerSilent),
    "a 421": (Say(b"421 4.3.2 going down\r\n"), ServerBusy),
    "garbage": (Say(b"\x1b]0;hi\x07 what\r\n"), ProtocolError),
    "an endless reply": (Flood(b"250-more and more\r\n"), ProtocolError),
    "an endless line": (Flood(b"2"), ProtocolError),
    "two codes in one reply": (Say(b"250-yes\r\n550 no\r\n"), ProtocolError),
}


@pytest.mark.parametrize("on", EVENTS, ids=str)
@pytest.mark.parametrize("what", NEWS)
async def test_whatever_goes_wrong_before_the_dot_is_proof_that_nothing_was_sent(
    what: str, on: Moment | bytes
) -> None:
    action, kind = NEWS[what]
    rule = Rule(on, (action,), None)
    server = LyingSmtp(rule)
    error = await failure(server, HASTY if isinstance(action, Hang) else PATIENT)
    assert isinstance(error, kind)
    assert not isinstance(error, LostInCommit)
    assert error.recoverable
    assert "\x1b" not in str(error)
    assert server.fired[rule] >= 1
    assert server.taken == []


@pytest.mark.parametrize("what", [name for name in NEWS if name != "a 421"])
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
async def test_whatever_goes_wrong_behind_the_dot_leaves_a_doubt(what: str, taken: bool) -> None:
    action, _ = NEWS[what]
    edit = GoOn(((rb"(?s).*", b""),))
    rule = Rule(rb"^\.$", (edit, action) if taken else (action,))
    server = LyingSmtp(rule)
    error = await failure(server, HASTY if isinstance(action, Hang) else PATIENT)
    assert type(error) is LostInCommit
    assert not error.recoverable
    assert server.fired[rule] == 1
    assert len(server.taken) == taken


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (b"451 4.3.0 later\r\n", ServerBusy, None),
        (b"421 4.3.2 going down\r\n", ServerBusy, None),
        (b"550 5.7.1 spam\r\n", ServerRefused, "5.7.1"),
        (b"554 no\r\n", ServerRefused, "554"),
    ],
)
@pytest.mark.parametrize("on", [rb"^\.$", rb"^MAIL", rb"^DATA"])
async def test_an_answered_no_is_no_doubt(
    said: bytes, kind: type[MailError], code: str | None, on: bytes
) -> None:
    error = await failure(LyingSmtp(instead(on, said)))
    assert type(error) is kind
    assert said[4:].split()[-1].decode() in str(error)
    assert getattr(error, "code", None) == code


async def test_a_yes_to_data_is_no_invitation() -> None:
    server = LyingSmtp(instead(rb"^DATA", b"250 2.0.0 already taken\r\n"))
    assert type(await failure(server)) is ProtocolError
    assert b"Hello" not in server.transcript.heard()


@pytest.mark.parametrize(
    ("early", "kind"),
    [(b"250 2.0.0 taken\r\n", ProtocolError), (b"552 5.3.4 too much\r\n", ServerRefused)],
)
async def test_what_is_said_before_the_dot_is_not_taken_for_its_answer(
    early: bytes, kind: type[MailError]
) -> None:
    server = LyingSmtp(instead(rb"^DATA", b"354 go on\r\n" + early))
    assert type(await failure(server)) is kind
    assert b"\r\n.\r\n" not in server.transcript.heard()


async def test_what_is_said_between_the_last_octet_and_the_dot_is_no_answer_either() -> None:
    sent, said = threading.Event(), threading.Event()
    early = (Change(lambda _: sent.wait(10)), Say(b"250 2.0.0 taken\r\n"), Change(lambda _: said.set()))
    server = LyingSmtp(instead(rb"^DATA", b"354 go on\r\n", *early))

    def story(line: Session) -> None:
        with line:
            line.open()
            line.envelope(ADDRESS, TO, len(LETTER), utf8=False, dsn=False)
            line.send_bytes([LETTER], lambda _: None)
            sent.set()
            assert said.wait(10)
            with pytest.raises(ProtocolError, match="before it is asked"):
                line.commit()

    await against(server, story)
    assert b"\r\n.\r\n" not in server.transcript.heard()


async def test_each_refused_recipient_keeps_its_own_words_and_the_others_get_the_letter() -> None:
    def story(line: Session) -> dict[str, tuple[int, str, str]]:
        with line:
            line.open()
            found = line.envelope(ADDRESS, TO, 1, utf8=False, dsn=False)
            line.send_bytes([LETTER], lambda _: None)
            line.commit()
            return {one: (answer.code, answer.status, answer.sentence) for one, answer in found.items()}

    server = LyingSmtp(instead(rb"^RCPT TO:<ada", b"550-5.1.1 nobody\r\n550 5.1.1 of that \x1b[1mname\r\n"))
    assert await against(server, story) == {
        TO[0]: (550, "5.1.1", "nobody of that ␛[1mname"),
        TO[1]: (250, "2.1.5", "fine"),
    }
    assert server.taken[0].recipients == (f"RCPT TO:<{TO[1]}>",)


@pytest.mark.parametrize("on", [Moment.GREETING, rb"^EHLO", rb"^\.$"], ids=str)
async def test_a_server_that_drips_gains_no_time(on: Moment | bytes) -> None:
    rule = Rule(on, (Drip(b"250-" + b"x" * 2_000, 0.02),))
    server = LyingSmtp(rule)
    started = time.monotonic()
    error = await failure(server, HASTY)
    assert isinstance(error, ServerSilent | LostInCommit)
    assert "did not answer within" in str(error)
    assert time.monotonic() - started < 20  # it would go on for 40 s
    assert server.fired[rule] == 1


async def test_a_reply_that_is_as_long_as_may_be_is_read() -> None:
    line = b"250-" + b"x" * 96 + b"\r\n"
    many = line * (REPLY_LIMIT // len(line) - 2) + b"250 2.1.0 ok\r\n"
    server = LyingSmtp(instead(rb"^MAIL", many))
    await against(server, whole)
    assert len(server.taken) == 1


@pytest.mark.parametrize("on", [Moment.GREETING, rb"^AUTH", rb"^DATA", rb"^\.$"], ids=str)
async def test_another_thread_ends_a_wait_at_once(on: Moment | bytes) -> None:
    heard = asyncio.Event()
    server = LyingSmtp(Rule(on, (Change(lambda _: heard.set()), Hang())))
    async with server:
        line = session(server, Limits())
        work = asyncio.create_task(asyncio.to_thread(whole, line))
        async with asyncio.timeout(20):  # far from the minutes that it would wait
            await heard.wait()
            line.abort()
            with pytest.raises(MailError, match="was ended") as caught:
                await work
    assert isinstance(caught.value, LostInCommit if on == rb"^\.$" else NetworkError)


async def test_another_thread_ends_a_connection_that_does_not_come_about() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            server = LyingSmtp(listen=full.getsockname()[1])
            line = session(server, Limits(connect=300))
            ended = threading.Event()

            def wait() -> None:
                with pytest.raises(NetworkError):
                    whole(line)
                ended.set()

            thread = threading.Thread(target=wait)
            thread.start()
            while not ended.is_set():
                line.abort()
                ended.wait(0.05)
            thread.join()


async def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    server = LyingSmtp(offers=("SIZE 100000",))
    await against(server, whole)
    heard = [said.octets for said in server.transcript.entries if said.by_client]
    assert [octets for octets in heard if octets.count(b"\r\n") > 1 and b"RCPT" in octets] == []
    together = LyingSmtp()
    await against(together, whole)
    heard = [said.octets for said in together.transcript.entries if said.by_client]
    assert any(octets.count(b"RCPT") == 2 and b"MAIL" in octets for octets in heard)


async def test_what_is_not_offered_is_not_asked_for() -> None:
    def story(line: Session) -> None:
        with line:
            line.open()
            assert (line.size_limit, line.offers_dsn, line.offers_smtputf8) == (None, False, False)
            line.envelope(ADDRESS, TO, 5, utf8=False, dsn=True, envelope_id="one")
            with pytest.raises(ServerRefused, match="SMTPUTF8") as refused:
                line.envelope("grå@example.org", TO, 5, utf8=True, dsn=False)
            assert refused.value.code == "5.6.7"

    server = LyingSmtp(offers=())
    await against(server, story)
    assert f"MAIL FROM:<{ADDRESS}>\r\n".encode() in server.transcript.heard()


async def test_reports_and_names_beyond_ascii_are_asked_for_where_they_are_offered() -> None:
    def story(line: Session) -> None:
        with line:
            line.open()
            line.envelope(
                "grå@example.org", ["a+b=c@example.org", "blåbär@exämple.org"], 5, utf8=True, dsn=True,
                envelope_id="<a+b@example.org>",
            )  # fmt: skip
            line.send_bytes([LETTER], lambda _: None)
            line.commit()

    server = LyingSmtp()
    await against(server, story)
    (taken,) = server.taken
    assert taken.mail == (
        "MAIL FROM:<grå@example.org> SIZE=5 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=<a+2Bb@example.org>"
    )
    assert taken.recipients == (
        "RCPT TO:<a+b=c@example.org> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@example.org",
        "RCPT TO:<blåbär@exämple.org> NOTIFY=SUCCESS,FAILURE,DELAY",
    )


async def test_a_name_that_does_not_fit_into_ascii_is_refused_here_and_the_others_are_sent_to() -> None:
    def story(line: Session) -> dict[str, int]:
        with line:
            line.open()
            found = line.envelope(ADDRESS, ["blåbär@example.org", *TO], 5, utf8=False, dsn=False)
            return {one: answer.code for one, answer in found.items()}

    assert await against(LyingSmtp(), story) == {"blåbär@example.org": 553, TO[0]: 250, TO[1]: 250}


async def test_a_server_that_offers_sign_ins_only_within_its_greeting_is_not_believed() -> None:
    server = LyingSmtp(edited(rb"^EHLO", (rb"250 AUTH[^\r]*", b"250 HELP")))
    await against(server, whole)  # on this machine nobody must sign in where nobody is asked to
    assert b"AUTH" not in server.transcript.heard()
