"""The screen on a store of a million messages: start, keys, memory; and keys while another fill runs."""

import asyncio
import statistics
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tests.bench.figures import heading, mebibytes, median, ratio, say, spread
from tests.bench.filling import fill_maildir, make_home
from tests.bench.mail import letters
from tests.bench.mailbox import fill, subject
from tests.bench.program import Program
from tests.bench.rivals import aerc, neomutt, present
from tests.bench.terminal import TimedTerminal
from tests.servers.dovecot import Dovecot

MESSAGES = 1_000_000
RIVALS_MESSAGES = 100_000
ROUNDS = 3
PAGE_DOWN = "\x1b[6~"
QUIET = 0.03
"""Seconds without a byte after which a key counts as answered to its end."""


def run(count: int) -> None:
    """Print the figures."""
    heading(f"The screen on a store of {count:,} messages in ten accounts")
    say("switched on", "no server answers; 140 × 45 cells; what is not yet indexed is indexed meanwhile")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        asyncio.run(make_home(home, letters(count, headers_only=True)))
        newest = newest_of(count)
        others = min(count, RIVALS_MESSAGES)
        box = Path(folder, "INBOX")
        fill_maildir(box, letters(others, headers_only=True))
        ours, theirs, light = [], [], []
        for _ in range(ROUNDS + 1):  # the first warms caches, neomutt's of headers too
            ours.append(started(lambda: Program(home).terminal(), newest))
            if present("neomutt"):
                theirs.append(started(lambda: neomutt(Path(folder, "neomutt"), str(box)), f"Msgs:{others}"))
            if present("aerc"):
                last = newest_of(others)
                light.append(started(lambda: aerc(Path(folder, "aerc"), f"maildir://{folder}"), last))
        say("start to a painted list", median(ours[1:]))
        if theirs:
            say(f"neomutt on a Maildir of {others:,}, header cache warm", median(theirs[1:]))
            say("ours beside neomutt", ratio(ours[1:], theirs[1:]))
        if light:
            say(f"aerc on a Maildir of {others:,}", median(light[1:]))
            say("ours beside aerc", ratio(ours[1:], light[1:]))
        _use(Program(home), newest)
    _keys_while_syncing(others)


def newest_of(count: int) -> str:
    """Return how the newest of so many messages begins in a list."""
    (last,) = deque(letters(count, headers_only=True), maxlen=1)
    return subject(last)


def started(begin: Callable[[], TimedTerminal], painted: str) -> float:
    """Start a program; return the seconds until a text is on its screen."""
    with begin() as terminal:
        return terminal.seconds_until(painted)


def _use(program: Program, newest: str) -> None:
    with program.terminal() as terminal:
        terminal.until(newest)
        terminal.settle(quiet=1.0)
        say("j, key to first byte", spread(measured_keys(terminal, "j", 100)))
        say("PageDown, key to first byte", spread(measured_keys(terminal, PAGE_DOWN, 60)))
        for name, key in (("G, to the end", "G"), ("gg, to the top", "gg")):
            say(name, f"{statistics.median(measured_keys(terminal, key, 5)) * 1000:.0f} ms")
            terminal.settle(quiet=0.5)
        say("memory at its peak, list read from top to end", mebibytes(terminal.peak_memory()))


def measured_keys(terminal: TimedTerminal, key: str, count: int) -> list[float]:
    """Press a key many times, each after the last one's paint has ended."""
    taken = []
    for _ in range(count):
        taken.append(terminal.seconds_to_answer(key))
        terminal.settle(QUIET, longest=1.0)
    return taken


def _keys_while_syncing(count: int) -> None:
    heading(f"Keys while {count:,} messages are being synced")
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        newest = subject(fill(server, "user", "INBOX", letters(count, headers_only=True)))
        program = Program(Path(folder))
        program.add_account(server, "user", keep_days=0, tls=False)
        taken: dict[str, list[float]] = {"j": [], PAGE_DOWN: []}
        with program.terminal() as terminal:
            terminal.until(newest)
            while not program.ask("SELECT 1 FROM folder WHERE name = 'INBOX' AND backfill_lo = 1"):
                for key, seconds in taken.items():
                    terminal.settle(quiet=0.002, longest=0.05)
                    seconds.append(terminal.seconds_to_answer(key))
            say("j, key to first byte", spread(taken["j"]))
            say("PageDown, key to first byte", spread(taken[PAGE_DOWN]))
            terminal.settle(quiet=1.0)
            say("memory at its peak", mebibytes(terminal.peak_memory()))
