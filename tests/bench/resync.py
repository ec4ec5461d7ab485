"""Fifty folders once more: with nothing changed, and after others changed them; beside mbsync."""

import imaplib
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import heading, median, ratio, say
from tests.bench.mail import letters
from tests.bench.mailbox import Visits, fill
from tests.bench.program import KEEP_ALL, PROGRAM, Program, timed
from tests.bench.rivals import Mbsync, present
from tests.servers.dovecot import PASSWORD, Dovecot

MESSAGES = 20_000
FOLDERS = 50
ROUNDS = 5
NEW, FLAGGED, EXPUNGED = 100, 500, 50


def run(count: int) -> None:
    """Print the figures of one interleaved run."""
    heading(f"Re-sync of {FOLDERS} folders with {count:,} messages")
    say("switched on", "TLS; both have every body; mbsync: FSync no")
    say("counted", "from sign-in to parting as the server saw it, the start of the process apart")
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        fill(server, "user", "INBOX", letters(count // 2, headers_only=True))
        for n in range(1, FOLDERS):
            fill(server, "user", f"Folder {n:02}", letters(count // 2 // FOLDERS, n, headers_only=True))
        program = Program(Path(folder, "ours"))
        program.add_account(server, "user", keep_days=KEEP_ALL)
        program.run("sync")
        visits: dict[str, Callable[[], float]] = {
            "ours": lambda: _visit(server, [PROGRAM, "sync"], program.environment)
        }
        if present("mbsync"):
            rival = Mbsync(Path(folder, "mbsync"), server, "user", tls=True, patterns="*")
            timed(rival.command, rival.environment)
            visits["mbsync"] = lambda: _visit(server, rival.command, rival.environment)
        _tell("nothing changed", visits, lambda _round: None)
        _tell(
            f"{NEW} new, {FLAGGED} flags changed, {EXPUNGED} expunged",
            visits,
            lambda round: _change(server, round),
        )
        held = count // 2 + ROUNDS * (NEW - EXPUNGED)
        if program.ask("SELECT total FROM folder WHERE name = 'INBOX'") != held:
            raise SystemExit("the copy of the inbox is not what the server has")
        say("our whole process, nothing changed", median([program.run("sync")[0] for _ in range(ROUNDS)]))


def _tell(what: str, visits: dict[str, Callable[[], float]], prepare: Callable[[int], None]) -> None:
    taken: dict[str, list[float]] = {name: [] for name in visits}
    for round in range(ROUNDS):
        prepare(round)
        for name, visit in visits.items():
            taken[name].append(visit())
    for name, seconds in taken.items():
        say(f"{what}: {name}", median(seconds))
    if "mbsync" in taken:
        say("ours beside mbsync", ratio(taken["ours"], taken["mbsync"]))


def _visit(server: Dovecot, command: list[str], environment: dict[str, str]) -> float:
    with Visits(server) as visits:
        timed(command, environment)
    return visits.seconds


def _change(server: Dovecot, round: int) -> None:
    """Do in the inbox what another client does, something else each time."""
    with imaplib.IMAP4(server.host, server.imap_plain) as other:
        other.login("user", PASSWORD)
        for letter in letters(NEW, seed=1_000 + round, headers_only=True):
            other.append("INBOX", "", "", letter.raw.replace(b"\n", b"\r\n"))
        other.select("INBOX")
        other.store(f"1001:{1000 + FLAGGED}", "-FLAGS" if round % 2 else "+FLAGS", "(\\Answered)")
        other.store(f"1:{EXPUNGED}", "+FLAGS", "(\\Deleted)")
        other.expunge()
