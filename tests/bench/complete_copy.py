"""Every message with its body, on this machine: plain and over TLS, beside mbsync."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.bench.figures import heading, mebibytes, median, ratio, say
from tests.bench.mail import letters
from tests.bench.mailbox import fill
from tests.bench.program import KEEP_ALL, Program, timed
from tests.bench.rivals import Mbsync, present
from tests.bench.terminal import peak_memory
from tests.servers.dovecot import Dovecot

MESSAGES = 20_000
ROUNDS = 2
LISTED = "SELECT backfill_lo FROM folder WHERE name = 'INBOX'"
WITHOUT_BODY = "SELECT count(*) FROM message WHERE body IS NULL"
UNREAD_BODIES = "SELECT count(*) FROM body_due"


def run(count: int) -> None:
    """Print the figures of one interleaved run."""
    heading(f"Complete copy of {count:,} messages with their bodies")
    say("switched on", "synchronous NORMAL, one file; mbsync: FSync no, a file a message; no COMPRESS")
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        fill(server, "user", "INBOX", letters(count))
        octets = sum(path.stat().st_size for path in (server.maildir("user") / "cur").iterdir())
        say("mail", f"{octets / 1e6:,.0f} MB")
        for tls in (False, True):
            words = "over TLS" if tls else "plain"
            ours, theirs = [], []
            for n in range(ROUNDS):
                ours.append(_ours(server, Path(folder, f"ours{tls}{n}"), tls=tls))
                if present("mbsync"):
                    rival = Mbsync(Path(folder, f"mbsync{tls}{n}"), server, "user", tls=tls)
                    theirs.append(timed(rival.command, rival.environment)[0])
            copied = [one["copied"] for one in ours]
            say(f"{words}: every body here", median(copied))
            rate = octets / 1e6 / statistics.median(copied)
            say("… a second", f"{count / statistics.median(copied):,.0f}, {rate:.0f} MB")
            say("… and read, compressed and indexed", median([one["digested"] for one in ours]))
            say("peak memory of the process", mebibytes(max(int(one["memory"]) for one in ours)))
            if theirs:
                say(f"mbsync, {words}", median(theirs))
                say("ours beside mbsync", ratio(copied, theirs))


def _ours(server: Dovecot, home: Path, *, tls: bool) -> dict[str, float]:
    program = Program(home)
    program.add_account(server, "user", keep_days=KEEP_ALL, tls=tls)
    start = time.monotonic()
    copied = 0.0
    peak = 0
    with program.syncing() as child:
        while child.poll() is None:
            peak = max(peak, peak_memory(child.pid))
            if not copied and program.ask(LISTED) == 1 and program.ask(WITHOUT_BODY) == 0:
                copied = time.monotonic() - start
            time.sleep(0.02)
        ended = time.monotonic() - start
        if child.returncode or program.ask(WITHOUT_BODY):
            raise SystemExit("the copy is not complete")
    digested = ended if not program.ask(UNREAD_BODIES) else float("nan")
    return {"copied": copied or ended, "digested": digested, "memory": peak}
