"""The counter of the post: who may send what as whom, and what hostile clients get."""

import asyncio
import base64
import smtplib
from collections.abc import AsyncIterator

import pytest

from tests.demo.post import LIMIT, inbox, letter, send, visit
from tui_mail.demo.hosts import MOST_CLIENTS
from tui_mail.demo.post_office import PostOffice
from tui_mail.demo.smtp.counter import LARGEST, MOST_RECIPIENTS

MIRA = "mira@aldane.example"


class Wire:
    """A bare line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> bytes:
        """Send octets as they are; the last line of the next reply."""
        self.writer.write(data)
        return await self.reply()

    async def reply(self) -> bytes:
        """The last line of a reply."""
        while (line := await asyncio.wait_for(self.reader.readline(), LIMIT))[3:4] == b"-":
            pass
        return line


@pytest.fixture
async def wire(office: PostOffice) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection(office.host, office.hosts.submission_port(MIRA))
    line = Wire(reader, writer)
    assert (await line.reply()).startswith(b"220 mail.aldane.example")
    assert (await line.say(b"EHLO test.example\r\n")).startswith(b"250")
    yield line
    writer.close()


async def signed_in(wire: Wire, office: PostOffice) -> Wire:
    word = base64.b64encode(f"\0{MIRA}\0{office.passwords['home']}".encode())
    assert (await wire.say(b"AUTH PLAIN " + word + b"\r\n")).startswith(b"235")
    return wire


async def test_what_is_offered_can_be_used(office: PostOffice) -> None:
    offers = await visit(office, lambda client: client.esmtp_features)
    assert set(offers) >= {"size", "8bitmime", "smtputf8", "dsn", "pipelining", "auth"}
    assert offers["size"] == str(LARGEST)
    assert set(offers["auth"].split()) == {"PLAIN", "LOGIN"}


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
async def test_both_ways_to_sign_in_work(office: PostOffice, mechanism: str) -> None:
    def story(client: smtplib.SMTP) -> int:
        client.user, client.password = MIRA, office.passwords["home"]
        return client.auth(mechanism[5:].upper(), getattr(client, mechanism))[0]

    assert await visit(office, story, sign_in=False) == 235


async def test_a_wrong_password_and_an_unknown_name_are_refused_alike(office: PostOffice) -> None:
    def story(client: smtplib.SMTP) -> list[tuple[int, bytes | str]]:
        refusals = []
        for name, password in ((MIRA, "wrong"), ("ghost@aldane.example", office.passwords["home"])):
            with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
                client.login(name, password)
            refusals.append((caught.value.smtp_code, caught.value.smtp_error))
        return refusals

    first, second = await visit(office, story, sign_in=False)
    assert first == second
    assert first[0] == 535


@pytest.mark.parametrize(
    "command", ["MAIL FROM:<mira@aldane.example>", "RCPT TO:<a@b.example>", "DATA", "VRFY a"]
)
async def test_nothing_is_taken_before_the_sign_in(wire: Wire, command: str) -> None:
    assert (await wire.say(command.encode() + b"\r\n")).startswith(b"530 5.7.0")


async def test_one_sends_as_oneself_only(office: PostOffice) -> None:
    def story(client: smtplib.SMTP) -> None:
        for sender in ("lists@aldane.example", "", "mira@saltmarsh.example"):
            with pytest.raises(smtplib.SMTPSenderRefused, match=r"5\.7\.1"):
                client.sendmail(sender, [MIRA], b"x: y\r\n\r\n")
        client.sendmail("Mira+trains@aldane.example", [MIRA], b"x: y\r\n\r\n")

    box = inbox(office, "home")
    await visit(office, story)
    assert (await box.next())["Return-Path"] == "<Mira+trains@aldane.example>"


async def test_hosts_bring_mail_for_who_lives_there_and_carry_none_for_others(office: PostOffice) -> None:
    host = (await office.hosts.lookup.hosts("aldane.example"))[0]

    def story() -> tuple[str, int, int, int]:
        with smtplib.SMTP(host.address, host.port, "test.example", timeout=LIMIT) as client:
            client.ehlo()
            auth = client.esmtp_features.get("auth", "")
            client.mail("anyone@anywhere.example")
            return (
                auth,
                client.rcpt(MIRA)[0],
                client.rcpt("nadia@fenwright.example")[0],
                client.rcpt("ghost@aldane.example")[0],
            )

    assert await asyncio.to_thread(story) == ("", 250, 550, 550)


ENVELOPE = (b"MAIL FROM:<mira@aldane.example>\r\n", b"RCPT TO:<mira@aldane.example>\r\n", b"DATA\r\n")
SMUGGLED = b"".join(ENVELOPE) + b"Subject: two\r\n\r\n2"
HALVES = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\r\n.\r\r\n")


@pytest.mark.parametrize("end", HALVES)
async def test_no_second_letter_hides_behind_half_a_line_end(
    wire: Wire, office: PostOffice, end: bytes
) -> None:
    box = inbox(office, "home")
    await signed_in(wire, office)
    for command in ENVELOPE:
        reply = await wire.say(command)
    assert reply.startswith(b"354")
    answer = await wire.say(b"Subject: one\r\n\r\n1" + end + SMUGGLED + b"\r\n.\r\n")
    assert answer.startswith(b"554 5.6.0")
    assert (await wire.say(b"NOOP\r\n")).startswith(b"250")
    assert box.is_empty


async def test_lines_that_are_too_long_are_refused_and_the_talk_goes_on(
    wire: Wire, office: PostOffice
) -> None:
    assert (await wire.say(b"NOOP " + b"x" * 2_000_000 + b"\r\n")).startswith(b"500")
    await signed_in(wire, office)
    for command in ENVELOPE:
        await wire.say(command)
    assert (await wire.say(b"x" * 1001 + b"\r\n.\r\n")).startswith(b"500")
    assert (await wire.say(b"NOOP\r\n")).startswith(b"250")


async def test_a_letter_that_is_too_large_is_refused_before_and_after_it_came(
    wire: Wire, office: PostOffice
) -> None:
    await signed_in(wire, office)
    assert (await wire.say(f"MAIL FROM:<{MIRA}> SIZE={LARGEST + 1}\r\n".encode())).startswith(b"552")
    for command in ENVELOPE:
        await wire.say(command)
    line = b"x" * 998 + b"\r\n"
    for _ in range(LARGEST // len(line) // 100 + 1):
        wire.writer.write(line * 100)
        await wire.writer.drain()
    assert (await wire.say(b".\r\n")).startswith(b"552")
    assert (await wire.say(b"NOOP\r\n")).startswith(b"250")


async def test_recipients_are_counted(wire: Wire, office: PostOffice) -> None:
    await signed_in(wire, office)
    wire.writer.write(ENVELOPE[0] + b"RCPT TO:<a@b.example>\r\n" * (MOST_RECIPIENTS + 1))
    replies = [await wire.reply() for _ in range(MOST_RECIPIENTS + 2)]
    assert {reply[:3] for reply in replies[:-1]} == {b"250"}
    assert replies[-1].startswith(b"452 4.5.3")


async def test_who_only_talks_nonsense_is_shown_out(wire: Wire) -> None:
    for _ in range(4):
        assert (await wire.say(b"HELLO?\r\n")).startswith(b"500")
    assert (await wire.say(b"HELLO?\r\n")).startswith(b"502 5.5.1")
    assert await wire.reader.read() == b""


async def test_who_tries_passwords_is_shown_out(wire: Wire) -> None:
    word = base64.b64encode(b"\0mira@aldane.example\0guess")
    replies = []
    while reply := await wire.say(b"AUTH PLAIN " + word + b"\r\n"):
        replies.append(reply[:3])
    assert replies[-1] in (b"421", b"535")
    assert len(replies) <= 11


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"RCPT TO:<a@b.example> NOTIFY=SOMETIMES", b"501"),
        (b"RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS", b"501"),
        (b"RCPT TO:<a@b.example> ORCPT=rfc822;a=b", b"501"),
        (b"RCPT TO:<a@b.example> COLOUR=BLUE", b"555"),
        (b"RCPT TO:<gr\xc3\xbc\xc3\x9fe@b.example>", b"553"),
        (b"RCPT TO:<\xff\xfe@b.example>", b"553"),
        (b"RCPT TO:<a\rb@b.example>", b"553"),
        (b"RCPT TO:<a@b.example\x00>", b"553"),
        (b'RCPT TO:<"a> b"@b.example>', b"553"),
        (b"RCPT TO:<a>", b"553"),
        (b"RCPT TO:<>", b"553"),
        (b"RCPT TO:a b c", b"553"),
        (b"RCPT", b"501"),
    ],
)
async def test_a_recipient_that_cannot_be_read_is_refused(
    wire: Wire, office: PostOffice, command: bytes, code: bytes
) -> None:
    await signed_in(wire, office)
    await wire.say(f"MAIL FROM:<{MIRA}>\r\n".encode())
    reply = await wire.say(command + b"\r\n")
    assert reply[:3] == code
    assert (await wire.say(b"NOOP\r\n")).startswith(b"250")


@pytest.mark.parametrize("words", [b"RET=HALF", b"ENVID=a\xc3\xa4", b"BODY=9BIT", b"SIZE=many"])
async def test_wishes_for_a_letter_that_cannot_be_read_are_refused(
    wire: Wire, office: PostOffice, words: bytes
) -> None:
    await signed_in(wire, office)
    assert (await wire.say(f"MAIL FROM:<{MIRA}> ".encode() + words + b"\r\n"))[:3] == b"501"


async def test_a_line_that_breaks_in_the_middle_leaves_nothing_behind(wire: Wire, office: PostOffice) -> None:
    box = inbox(office, "home")
    await signed_in(wire, office)
    for command in ENVELOPE:
        await wire.say(command)
    wire.writer.write(b"Subject: half\r\n\r\nhal")
    await wire.writer.drain()
    wire.writer.transport.abort()
    await send(office, [MIRA], letter(MIRA, MIRA, "whole"))
    assert (await box.next())["Subject"] == "whole"
    assert box.is_empty


async def test_a_crowd_at_the_counter_is_turned_away_and_there_is_room_again_when_one_goes(
    office: PostOffice,
) -> None:
    async def come() -> tuple[bytes, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(office.host, office.hosts.submission_port(MIRA))
        return await asyncio.wait_for(reader.readline(), LIMIT), writer

    crowd = [await come() for _ in range(MOST_CLIENTS)]
    assert {greeting[:3] for greeting, _ in crowd} == {b"220"}
    greeting, late = await come()
    assert greeting.startswith(b"421 4.7.0")
    crowd[0][1].close()
    while greeting.startswith(b"421"):
        late.close()
        greeting, late = await come()
    assert greeting.startswith(b"220")
    for writer in (late, *(writer for _, writer in crowd)):
        writer.close()
