"""An empty store and a full folder: until rows are on screen, until all are stored and searchable."""

import re
import socket
import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.figures import heading, mebibytes, median, ratio, say
from tests.bench.mail import letters
from tests.bench.mailbox import Visits, fill, subject
from tests.bench.program import Program
from tests.bench.rivals import aerc, aerc_source, imap_url, neomutt, present
from tests.servers.dovecot import PASSWORD, Dovecot
from tui_mail.mime.headers import LIST_FIELDS

MESSAGES = 100_000
ROUNDS = 3
ON_SCREEN = 100
"""Rows that the first window stores at once; the screen shows the newest of them."""

STORED = "SELECT total FROM folder WHERE name = 'INBOX' AND backfill_lo = 1"
UNINDEXED = "SELECT (SELECT max(id) FROM message) - headers FROM indexing"
DRAIN_BATCH = 500
DRAIN_IN_FLIGHT = 4


def run(count: int) -> None:
    """Print the figures of one interleaved run."""
    heading(f"First fill of a folder of {count:,} messages")
    say("switched on", "plain loopback, no COMPRESS; rows and cursor in one transaction, synchronous NORMAL")
    say("put off", "bodies (keep_days = 0)")
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        newest = subject(fill(server, "user", "INBOX", letters(count, headers_only=True)))
        for _ in range(2):
            drained = _drain(server, count)
        say(
            "the server alone: a bare socket takes the same FETCH in",
            f"{drained:.2f} s, {count / drained:,.0f}/s",
        )
        ours: list[dict[str, float]] = []
        theirs: list[float] = []
        light: list[float] = []
        for n in range(ROUNDS + 1):
            ours.append(_ours(server, newest, count, Path(folder, f"ours{n}")))
            if present("neomutt"):
                theirs.append(_neomutt(server, count, Path(folder, f"neomutt{n}")))
            if present("aerc"):
                light.append(_aerc(server, newest, Path(folder, f"aerc{n}")))
        _tell(count, ours[1:], theirs[1:], light[1:])  # the first round warmed the server's index


def _tell(count: int, ours: list[dict[str, float]], theirs: list[float], light: list[float]) -> None:
    say("newest rows on screen, from sign-in", median([one["rows"] for one in ours]))
    say("newest rows on screen, from the start of the process", median([one["start"] for one in ours]))
    stored = [one["stored"] for one in ours]
    say("whole list stored, from the start of the process", median(stored))
    say("… messages a second", f"{count / statistics.median(stored):,.0f}")
    indexed = [one["indexed"] for one in ours]
    say("… and searchable by its headers", median(indexed))
    say("… messages a second", f"{count / statistics.median(indexed):,.0f}")
    say("peak memory of the process", mebibytes(max(int(one["memory"]) for one in ours)))
    if theirs:
        say("neomutt, header cache cold, to its list", median(theirs))
        say("… messages a second", f"{count / statistics.median(theirs):,.0f}")
        say("our list stored, beside neomutt's", ratio(stored, theirs))
        say("our list searchable, beside neomutt's", ratio(indexed, theirs))
    if light:
        say("aerc, to its first rows, from the start of the process", median(light))
        say("our first rows, beside aerc's", ratio([one["start"] for one in ours], light))


def _ours(server: Dovecot, newest: str, count: int, home: Path) -> dict[str, float]:
    program = Program(home)
    program.add_account(server, "user", keep_days=0, tls=False)
    with Visits(server) as visits, program.terminal() as terminal:
        start = terminal.started
        terminal.until(newest)
        shown = time.monotonic()
        while program.ask(STORED) != count:
            terminal.pass_over(0.05)
        stored = time.monotonic()
        while program.ask(UNINDEXED):
            terminal.pass_over(0.05)
        indexed = time.monotonic()
        return {
            "rows": shown - visits.signed_in[0],
            "start": shown - start,
            "stored": stored - start,
            "indexed": indexed - start,
            "memory": terminal.peak_memory(),
        }


def _neomutt(server: Dovecot, count: int, home: Path) -> float:
    with neomutt(home, imap_url(server, "user")) as terminal:
        return terminal.seconds_until(f"Msgs:{count}")


def _aerc(server: Dovecot, newest: str, home: Path) -> float:
    with aerc(home, aerc_source(server, "user")) as terminal:
        return terminal.seconds_until(newest)


def _drain(server: Dovecot, count: int) -> float:
    """Take the list data as the program asks for it, and look at none of it."""
    header = f"BODY.PEEK[HEADER.FIELDS ({' '.join(LIST_FIELDS)})]"
    items = f"FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODYSTRUCTURE {header}"
    asks = [
        b"r%d UID FETCH %d:%d (UID %b)\r\n" % (hi, max(1, hi - DRAIN_BATCH + 1), hi, items.encode())
        for hi in range(count, 0, -DRAIN_BATCH)
    ]
    done = re.compile(rb"\r\nr\d+ OK ")
    with socket.create_connection((server.host, server.imap_plain)) as line:
        line.sendall(f'a LOGIN user "{PASSWORD}"\r\nb SELECT INBOX (CONDSTORE)\r\n'.encode())
        _until(line, b"\nb OK")
        begun = time.perf_counter()
        line.sendall(b"".join(asks[:DRAIN_IN_FLIGHT]))
        answered, left, tail = 0, asks[DRAIN_IN_FLIGHT:], b""
        while answered < len(asks):
            data = tail + line.recv(1 << 18)
            found = len(done.findall(data))
            answered += found
            line.sendall(b"".join(left[:found]))
            del left[:found]
            tail = data[-20:] if not done.search(data[-20:]) else b""
        return time.perf_counter() - begun


def _until(line: socket.socket, end: bytes) -> None:
    data = b""
    while end not in data:
        data += line.recv(1 << 16)
