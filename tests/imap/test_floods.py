"""However much a server says, a session ends within its limits and grows by no more than 64 MB.

Each flood meets a process of its own, for memory that was once taken is not always given back.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.report import Report
from tests.servers.lies import Action, Drip, Flood, Hang, Moment, Rule, Say
from tests.servers.lying import LyingServer

ROOT = Path(__file__).parents[2]
MB = 1024 * 1024
GROWTH = 64 * MB
PATIENCE = 60.0
"""Seconds after which the child is given up; its own limits are far below."""
LETTER = b"From: Ada <ada@example.org>\r\nSubject: Hello\r\n\r\nHello.\r\n"


@dataclass(frozen=True, slots=True)
class Torrent:
    """What a command is answered with."""

    command: str
    on: Moment | bytes
    do: tuple[Action, ...]
    error: str
    """The kind of error that ends it; "" where it ends well."""


def lines(form: bytes, count: int) -> Say:
    """Lines that differ by their number."""
    return Say(b"".join(form.replace(b"#", b"%d" % n) for n in range(1, count + 1)))


NOOP, SEARCH, LIST, FETCH, MOVE = rb"^NOOP", rb"^UID SEARCH", rb"^LIST", rb"^(UID )?FETCH", rb"^UID MOVE"
EVERYTHING = b"1:4294967295"
DONE = Say(b"{tag} OK done\r\n")
BODY = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n"
HEADER = b"* # FETCH (UID # BODY[HEADER.FIELDS (X)] {500000}\r\n" + b"x" * 500_000 + b")\r\n"
FLOODS = {
    "a literal of 4 GB": Torrent("body", FETCH, (Say(BODY % 2**32), Flood(b"x" * 1000)), "ProtocolError"),
    "a literal of 200 MB": Torrent(
        "body", FETCH, (Say(BODY % (200 * MB)), Flood(b"x" * 1000, 200 * MB // 1000), Hang()), "ServerSilent"
    ),
    "a body of 100 MB": Torrent(
        "body", FETCH, (Say(BODY % (100 * MB)), Flood(b"x" * 1024, 100 * 1024), Say(b")\r\n"), DONE), ""
    ),
    "bodies of 100 MB that nobody asked for": Torrent(
        "noop", NOOP, (Say(BODY % (100 * MB)), Flood(b"x" * 1024, 100 * 1024), Say(b")\r\n"), DONE), ""
    ),
    "small literals without end": Torrent(
        "bodies", FETCH, (Say(b"* 1 FETCH ("), Flood(b"X {1000}\r\n" + b"x" * 1000 + b" ")), "ProtocolError"
    ),
    "a line without end": Torrent("noop", NOOP, (Flood(b"x" * 1000),), "ProtocolError"),
    "a line of text without end": Torrent("noop", NOOP, (Say(b"* OK "), Flood(b"x" * 1000)), "ProtocolError"),
    "a search without end": Torrent("search", SEARCH, (Say(b"* SEARCH"), Flood(b" 123")), "ProtocolError"),
    "found: everything": Torrent(
        "search",
        SEARCH,
        (Say(b'* ESEARCH (TAG "{tag}") UID ALL ' + EVERYTHING + b"\r\n"), DONE),
        "ProtocolError",
    ),
    "results without end": Torrent(
        "search", SEARCH, (Flood(b"* SEARCH" + b" 1 3 5 7 9" * 1_000 + b"\r\n"),), "ProtocolError"
    ),
    "words that nobody asked for": Torrent("noop", NOOP, (Flood(b"* OK flood\r\n"),), "ProtocolError"),
    "alerts of 60 KB": Torrent(
        "noop", NOOP, (Flood(b"* OK [ALERT] " + b"x" * 60_000 + b"\r\n"),), "ProtocolError"
    ),
    "EXISTS": Torrent("noop", NOOP, (Flood(b"* 5 EXISTS\r\n"),), "ProtocolError"),
    "EXPUNGE": Torrent("noop", NOOP, (Flood(b"* 1 EXPUNGE\r\n"),), "ProtocolError"),
    "flags that nobody asked for": Torrent(
        "noop", NOOP, (lines(b"* 1 FETCH (UID # FLAGS (\\Seen k#))\r\n", 110_000), DONE), "ProtocolError"
    ),
    "everything vanished": Torrent("noop", NOOP, (Say(b"* VANISHED " + EVERYTHING + b"\r\n"), DONE), ""),
    "vanishing without end": Torrent("noop", NOOP, (Flood(b"* VANISHED 1,3,5,7,9\r\n"),), "ProtocolError"),
    "folders": Torrent(
        "list", LIST, (lines(b'* LIST () "/" "a folder with a name #"\r\n', 110_000), DONE), "ProtocolError"
    ),
    "folders in all, of 1 KB": Torrent(
        "list", LIST, (lines(b'* LIST () "/" "' + b"x" * 1000 + b'#"\r\n', 90_000), DONE), "ProtocolError"
    ),
    "capabilities of 60 KB": Torrent(
        "noop", NOOP, (Flood(b"* CAPABILITY " + b"X" * 60_000 + b"\r\n"),), "ProtocolError"
    ),
    "go on": Torrent("noop", NOOP, (Flood(b"+ go on\r\n"),), "ProtocolError"),
    "headers of 500 KB": Torrent("fetch new", FETCH, (lines(HEADER, 120), DONE), "ProtocolError"),
    "parentheses": Torrent(
        "fetch some",
        FETCH,
        (Say(b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 7 * MB + b"\r\n"), DONE),
        "",
    ),
    "flags of one message": Torrent(
        "fetch some", FETCH, (Say(b"* 1 FETCH (UID 1 FLAGS (" + b"k " * 3 * MB + b"))\r\n"), DONE), ""
    ),
    "keywords of one message": Torrent(
        "fetch some",
        FETCH,
        (Say(b"* 1 FETCH (UID 1 FLAGS ("), lines(b"k# ", 900_000), Say(b"))\r\n"), DONE),
        "",
    ),
    "answers for more than was asked": Torrent(
        "newest", FETCH, (lines(b"* # FETCH (UID #)\r\n", 10_000), DONE), "ProtocolError"
    ),
    "answers for new mail without end": Torrent(
        "fetch flags",
        FETCH,
        (lines(b"* # FETCH (UID # FLAGS (\\Seen))\r\n", 260_000), DONE),
        "ProtocolError",
    ),
    "copies of everything": Torrent(
        "move", MOVE, (Say(b"* OK [COPYUID 7 %b %b] moved\r\n" % (EVERYTHING, EVERYTHING)), DONE), ""
    ),
    "a greeting without end": Torrent("connect", Moment.GREETING, (Flood(b"x" * 1000),), "ProtocolError"),
    "a greeting that drips": Torrent(
        "connect", Moment.GREETING, (Drip(b"* OK " + b"x" * 400, 0.02),), "ServerSilent"
    ),
    "an answer that drips": Torrent("noop", NOOP, (Drip(b"* OK " + b"x" * 400, 0.02),), "ServerSilent"),
    "lines that drip": Torrent("noop", NOOP, tuple([Drip(b"* OK x\r\n", 0.05)] * 40), "ServerSilent"),
}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak of a while")
@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_stemmed(name: str, report: Report) -> None:
    flood = FLOODS[name]
    rule = Rule(flood.on, flood.do)
    limits = "hasty" if flood.error == "ServerSilent" else "usual"
    async with LyingServer(rule) as server:
        for _ in range(3):
            server.deliver(LETTER)
        words = ("-m", "tests.imap.flooded", str(server.port), flood.command, limits)
        child = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(PATIENCE):
            said, _ = await child.communicate()
        assert child.returncode == 0
        told = json.loads(said)
        grown = f"+{told['grown'] / MB:5.1f} MB {told['seconds']:5.2f} s"
        report.line(f"Flood: {name:40} {grown}  {told['error'].partition(':')[0]}")
        assert server.fired[rule] == 1
        assert told["error"].partition(":")[0] == flood.error
        assert told["grown"] <= GROWTH
