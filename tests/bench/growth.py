"""How the same figures grow from ten thousand messages to a million."""

import asyncio
import tempfile
from pathlib import Path

from tests.bench.figures import heading, mebibytes, say, spread
from tests.bench.filling import make_home
from tests.bench.mail import letters
from tests.bench.mailbox import fill
from tests.bench.program import Program
from tests.bench.screen import PAGE_DOWN, measured_keys, newest_of, started
from tests.servers.dovecot import Dovecot

MESSAGES = 1_000_000
SMALLEST = 10_000


def run(count: int) -> None:
    """Print a column of figures for each size up to `count`."""
    size = min(count, SMALLEST)
    while size <= count:
        heading(f"At {size:,} messages")
        _fill(size)
        _screen(size)
        size *= 10


def _fill(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        fill(server, "user", "INBOX", letters(count, headers_only=True))
        for name in ("first", "second"):  # the first warms the server's own index
            program = Program(Path(folder, name))
            program.add_account(server, "user", keep_days=0, tls=False)
            seconds, memory = program.run("sync")
        say(
            "sync into an empty store", f"{seconds:.1f} s, {count / seconds:,.0f}/s, peak {mebibytes(memory)}"
        )
        seconds, memory = program.run("sync")
        say("sync with nothing new", f"{seconds:.2f} s, peak {mebibytes(memory)}")


def _screen(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        asyncio.run(make_home(home, letters(count, headers_only=True)))
        size = (home / "data" / "tui-mail" / "mail.db").stat().st_size
        say("the store", f"{mebibytes(size)}, {size / count:.0f} octets a message")
        program, newest = Program(home), newest_of(count)
        seconds = [started(program.terminal, newest) for _ in range(3)]
        say("start to a painted list", f"{min(seconds) * 1000:.0f} ms")
        with program.terminal() as terminal:
            terminal.until(newest)
            terminal.settle(quiet=1.0)
            say("j, key to first byte", spread(measured_keys(terminal, "j", 60)))
            say("PageDown, key to first byte", spread(measured_keys(terminal, PAGE_DOWN, 40)))
            terminal.press("G")
            terminal.settle(quiet=1.0)
            say("memory at its peak, list read to its end", mebibytes(terminal.peak_memory()))
