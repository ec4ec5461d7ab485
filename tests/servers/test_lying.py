"""The lying server is an honest one to clients of other makes, lies exactly as told, and writes all down."""

import asyncio
import imaplib
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from imapclient import IMAPClient

from tests.servers.authority import certificates
from tests.servers.lacking import LACKS
from tests.servers.lies import (
    Action,
    Change,
    Close,
    Drip,
    Flood,
    GoOn,
    Hang,
    Moment,
    Pause,
    Reset,
    Rule,
    Say,
    StartTls,
    edited,
    instead,
)
from tests.servers.lying import ADDRESS, HOST, PASSWORD, LyingServer
from tui_mail.demo.mailboxes import User
from tui_mail.model.account import Security

ROOT = Path(__file__).parents[2]
LETTER = b"From: Ada <ada@example.org>\r\nSubject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\nHello.\r\n"
T = TypeVar("T")


async def visit(server: LyingServer, story: Callable[[IMAPClient], T]) -> T:
    """Run a story with a signed-in IMAPClient in a thread."""

    def whole() -> T:
        with IMAPClient(HOST, server.port, ssl=False, timeout=10) as client:
            client.plain_login(ADDRESS, PASSWORD)
            return story(client)

    return await asyncio.to_thread(whole)


async def talk(server: LyingServer, *lines: bytes) -> bytes:
    """Say lines and hear what comes until the server is silent for a moment or closes."""
    reader, writer = await asyncio.open_connection(HOST, server.port)
    heard = bytearray()
    try:
        for line in (b"", *lines):
            writer.write(line)
            while True:
                async with asyncio.timeout(0.2):
                    data = await reader.read(65536)
                if not data:
                    return bytes(heard)
                heard += data
                if data.endswith(b"\r\n"):
                    break
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return bytes(heard)


async def test_imapclient_finds_an_honest_server() -> None:
    def story(client: IMAPClient) -> None:
        client.create_folder("Work")
        assert client.select_folder("INBOX")[b"EXISTS"] == 3
        assert client.search(["SUBJECT", "2"]) == [2]
        client.add_flags([1], [b"\\Seen"])
        client.copy([1, 2], "Work")
        client.move([3], "Work")
        assert client.fetch([1], ["FLAGS", "BODY.PEEK[]"])[1][b"BODY[]"] == LETTER % (1, 1)
        assert client.folder_status("Work")[b"MESSAGES"] == 3
        client.append("Work", LETTER % (9, 9))
        client.delete_messages([2])
        client.uid_expunge([2])
        client.rename_folder("Work", "Play")
        client.idle()
        client.idle_done()

    async with LyingServer() as server:
        for number in (1, 2, 3):
            server.deliver(LETTER % (number, number))
        await visit(server, story)
        assert list(server.user.mailbox("INBOX").messages) == [1]
        assert len(server.user.mailbox("Play").messages) == 4


async def test_imaplib_finds_an_honest_server_and_its_tls(tmp_path: Path) -> None:
    showing = certificates(tmp_path)["valid"]
    trusting = ssl.create_default_context(cafile=str(showing.trusts))

    def story(port: int, security: Security) -> list[bytes]:
        if security is Security.TLS:
            line: imaplib.IMAP4 = imaplib.IMAP4_SSL(HOST, port, ssl_context=trusting, timeout=10)
        else:
            line = imaplib.IMAP4(HOST, port, timeout=10)
            line.starttls(trusting)
        line.authenticate("PLAIN", lambda _: f"\0{ADDRESS}\0{PASSWORD}".encode())
        line.select()
        found = line.uid("search", "ALL")[1]
        line.logout()
        return found

    for security in (Security.TLS, Security.STARTTLS):
        async with LyingServer(security=security, certificate=showing.certificate) as server:
            server.deliver(LETTER % (1, 1))
            assert await asyncio.to_thread(story, server.port, security) == [b"1"]
            clear = server.transcript.heard(tls=False)
            assert b"AUTHENTICATE" in server.transcript.heard(tls=True)
            assert b"AUTHENTICATE" not in clear
            assert (b"STARTTLS" in clear) is (security is Security.STARTTLS)


@pytest.mark.parametrize("extension", LACKS)
async def test_what_is_lacking_is_neither_offered_nor_understood(extension: str) -> None:
    lack = LACKS[extension]
    async with LyingServer(without=[extension]) as server:
        server.deliver(LETTER % (1, 1))
        offered, answers = await visit(
            server, lambda client: (client.capabilities(), client.select_folder("INBOX"))
        )
        assert extension.encode() not in offered
        assert (b"HIGHESTMODSEQ" in answers) is (extension != "CONDSTORE")
        for command in lack.commands:
            said = await talk(server, b"a LOGIN x y\r\n", b"b " + command + b"\r\n")
            assert b"b BAD" in said
    if extension == "ESEARCH":
        async with LyingServer(without=[extension]) as server:
            assert b"a BAD" in await talk(server, b"a UID SEARCH RETURN (ALL) ALL\r\n")


@pytest.mark.parametrize(
    ("do", "heard"),
    [
        ((Say(b"* nonsense\r\n{tag} OK no\r\n"),), b"* nonsense\r\na OK no\r\n"),
        ((Say(b"* 1 EXISTS\r\n"), GoOn()), b"* 1 EXISTS\r\na OK Noop done.\r\n"),
        ((GoOn(((rb"Noop", b"Yes"),)),), b"a OK Yes done.\r\n"),
        ((Say(b"half"), Close()), b"half"),
        ((Flood(b"xy", 100_000),), b"xy" * 100_000),
        ((Drip(b"abc\r\n", 0.001),), b"abc\r\n"),
        ((Pause(0.01), Say(b"{tag} OK late\r\n")), b"a OK late\r\n"),
        ((Hang(),), b""),
        ((Reset(),), b""),
    ],
)
async def test_a_rule_does_what_it_says(do: tuple[Action, ...], heard: bytes) -> None:
    rule = Rule(rb"^NOOP", do)
    async with LyingServer(rule) as server:
        said = await talk(server, b"a NOOP\r\n")
        assert said.startswith(b"* OK [CAPABILITY ")
        assert said.partition(b"\r\n")[2] == heard
        assert server.fired == {rule: 1}


async def test_rules_fire_in_order_as_often_as_they_may() -> None:
    first, second = instead(rb"NOOP", b"{tag} OK one\r\n"), instead(rb"NOOP", b"{tag} OK two\r\n", skip=1)
    async with LyingServer(first, second) as server:
        said = await talk(server, *(b"%d NOOP\r\n" % number for number in range(4)))
        assert said.partition(b"\r\n")[2] == b"0 OK one\r\n1 OK Noop done.\r\n2 OK two\r\n3 OK Noop done.\r\n"
        assert server.fired == {first: 1, second: 1}


async def test_the_model_may_change_behind_a_command() -> None:
    def empty(user: User) -> None:
        user.mailbox("INBOX").remove([1])

    rule = Rule(rb"^SELECT", (Change(empty), GoOn()))
    async with LyingServer(rule) as server:
        server.deliver(LETTER % (1, 1))
        assert (await visit(server, lambda client: client.select_folder("INBOX")))[b"EXISTS"] == 0


async def test_text_can_be_put_behind_the_starttls_reply(tmp_path: Path) -> None:
    showing = certificates(tmp_path)["valid"]
    rules = (
        Rule(rb"^STARTTLS", (Say(b"{tag} OK go\r\n* OK injected\r\n"), StartTls())),
        Rule(Moment.TLS_READY, (Say(b"* OK welcome\r\n"),)),
        Rule(rb"NOOP", (Say(b"{tag} NO in clear\r\n"),), tls=False),
    )
    async with LyingServer(*rules, security=Security.STARTTLS, certificate=showing.certificate) as server:
        reader, writer = await asyncio.open_connection(HOST, server.port)
        assert b" STARTTLS]" in await reader.readline()
        writer.write(b"a NOOP\r\n")
        assert await reader.readline() == b"a NO in clear\r\n"
        writer.write(b"b STARTTLS\r\n")
        assert (
            await reader.readexactly(len(b"b OK go\r\n* OK injected\r\n")) == b"b OK go\r\n* OK injected\r\n"
        )
        await writer.start_tls(ssl.create_default_context(cafile=str(showing.trusts)), server_hostname=HOST)
        assert await reader.readline() == b"* OK welcome\r\n"
        writer.write(b"c CAPABILITY\r\n")
        assert b"STARTTLS" not in await reader.readline()
        assert set(server.fired.values()) == {1}
        writer.close()


async def test_edits_hold_for_everything_until_the_server_is_honest_again() -> None:
    async with LyingServer(edited(rb"NOOP", (rb"done", b"undone"), times=None)) as server:
        server.edits.append((rb"good day", b"Go away"))
        assert b"Go away" in (said := await talk(server, b"a NOOP\r\n"))
        assert b"undone" in said
        server.honest()
        assert b"Good day" in (said := await talk(server, b"a NOOP\r\n"))
        assert b"undone" not in said


async def test_names_may_have_another_separator_and_a_prefix() -> None:
    async with LyingServer(separator=".", prefix="INBOX.") as server:
        server.user.create("INBOX.Work.Old")

        def story(client: IMAPClient) -> tuple[list[object], object, bool]:
            listed = client.list_folders("", "INBOX.%")
            client.create_folder("INBOX.Work.New")
            return listed, client.namespace().personal, client.folder_exists("INBOX.Work.New")

        listed, personal, made = await visit(server, story)
        assert listed == [((b"\\Noselect", b"\\HasChildren"), b".", "INBOX.Work")]
        assert personal == (("INBOX.", "."),)
        assert made


def test_it_is_started_by_hand() -> None:
    command = [sys.executable, "-m", "tests.servers", "lying", "--on", "^NOOP", r"{tag} NO no\r\n"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        where = json.loads(process.stdout.readline())
        line = imaplib.IMAP4(where["host"], where["port"], timeout=10)
        line.authenticate("PLAIN", lambda _: f"\0{where['user']}\0{where['password']}".encode())
        assert line.noop()[0] == "NO"
        line.logout()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
