"""Figures of the installed program on a real Dovecot: `python3 -m tests.bench [messages]`.

Prints the machine's load, then one line a figure. `tui-mail` is taken from the environment of this Python.
"""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from random import Random

from tests.bench.terminal import TimedTerminal
from tests.servers.dovecot import PASSWORD, Dovecot

PROGRAM = str(Path(sys.executable).with_name("tui-mail"))
WORDS = ("harbour", "letter", "market", "garden", "window", "river", "paper", "winter", "copper", "signal")


def letters(count: int) -> Iterator[bytes]:
    """Yield `count` messages, the same each time: half of them answers, every tenth with an attachment."""
    chance = Random(7)
    for n in range(count):
        message = EmailMessage()
        message["From"] = f"{chance.choice(WORDS).title()} Person <p{n % 400}@example.net>"
        message["To"] = "you@example.org"
        message["Subject"] = ("Re: " if n % 2 else "") + " ".join(chance.choices(WORDS, k=5))
        message["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(1_700_000_000 + n * 600))
        message["Message-ID"] = f"<{n}@bench.example>"
        if n % 2:
            message["References"] = f"<{n - 1}@bench.example>"
        message.set_content(
            "\n".join(" ".join(chance.choices(WORDS, k=12)) for _ in range(chance.randint(3, 60)))
        )
        if n % 10 == 0:
            message.add_attachment(
                chance.randbytes(20_000), maintype="application", subtype="pdf", filename="a.pdf"
            )
        yield message.as_bytes()


def say(name: str, figure: str) -> None:
    """Print one figure."""
    print(f"{name:<58} {figure}", flush=True)


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which the program uses `home` and knows the password."""
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    return {
        **os.environ,
        **places,
        "TUI_MAIL_PASSWORD_BENCH": PASSWORD,
        "COLORTERM": "truecolor",
        "TERM": "xterm-256color",
    }


LAUNCH = """
import os, subprocess, sys, time
before = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(time.perf_counter() - before, used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))
"""
"""A small parent: a child's peak memory counts that of the process it was forked from."""


def run(arguments: list[str], where: Mapping[str, str]) -> tuple[float, int]:
    """Run the program to its end; return seconds and the most octets it had resident."""
    launch = [sys.executable, "-S", "-c", LAUNCH, PROGRAM, *arguments]
    told = subprocess.run(
        launch, env=dict(where), stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    if told[2] != "0":
        raise SystemExit(f"{' '.join(arguments)} ended with {told[2]}")
    return float(told[0]), int(told[1])


def add_account(server: Dovecot, user: str, where: Mapping[str, str]) -> None:
    """Let the program know the mailbox."""
    server.add_user(user)
    options = {
        "--key": "bench",
        "--email": f"{user}@example.org",
        "--name": "Bench",
        "--imap": f"{server.host}:{server.imap_tls}",
        "--imap-security": "tls",
        "--username": user,
        "--ca-file": str(server.ca_file),
    }
    run(["account", "add", "--no-test", *(part for option in options.items() for part in option)], where)


def first_rows(where: Mapping[str, str], count: int) -> float:
    """Start a sync and return the seconds until `count` rows are in the store."""
    database = Path(where["XDG_DATA_HOME"], "tui-mail", "mail.db")
    before = time.perf_counter()
    child = subprocess.Popen([PROGRAM, "sync"], env=dict(where), stdout=subprocess.DEVNULL)
    try:
        while child.poll() is None:
            try:
                with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                    if connection.execute("SELECT count(*) FROM place").fetchone()[0] >= count:
                        break
            except sqlite3.Error:
                continue
        return time.perf_counter() - before
    finally:
        child.kill()
        child.wait()


def spread(seconds: list[float]) -> str:
    """Return median and 95th percentile in milliseconds."""
    cuts = statistics.quantiles(seconds, n=20)
    return f"p50 {statistics.median(seconds) * 1000:.1f} ms, p95 {cuts[18] * 1000:.1f} ms (n={len(seconds)})"


def keys(terminal: TimedTerminal, key: str, count: int) -> str:
    """Press a key many times, each after the last one's paint has ended."""
    taken = []
    for _ in range(count):
        taken.append(terminal.seconds_to_answer(key))
        terminal.settle(quiet=0.03)
    return spread(taken)


def main() -> None:
    """Run every measurement."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    say("load average at the start", " ".join(f"{load:.2f}" for load in os.getloadavg()))
    with tempfile.TemporaryDirectory() as folder, Dovecot() as server:
        where = environment(Path(folder) / "a")
        times = [run(["--version"], where)[0] for _ in range(15)]
        say("--version", spread(times))
        add_account(server, "full", where)
        server.fill("full", "INBOX", letters(count))
        other = environment(Path(folder) / "b")
        add_account(server, "full", other)
        say("sync: seconds until 100 rows are stored", f"{first_rows(other, 100):.2f} s")
        seconds, memory = run(["sync"], where)
        say(
            f"sync of {count:,} messages",
            f"{seconds:.1f} s, {count / seconds:.0f}/s, peak {memory >> 20} MiB",
        )
        seconds, memory = run(["sync"], where)
        say("sync with nothing new", f"{seconds:.2f} s, peak {memory >> 20} MiB")
        with TimedTerminal([PROGRAM], where) as terminal:
            say(
                f"start on {count:,} messages to a painted list",
                f"{terminal.seconds_until('Person') * 1000:.0f} ms",
            )
            terminal.settle(quiet=1.0)
            say("j, key to first byte", keys(terminal, "j", 100))
            say("PageDown, key to first byte", keys(terminal, "\x1b[6~", 60))
            say("memory of the screen, peak", f"{terminal.peak_memory() >> 20} MiB")
        large = environment(Path(folder) / "c")
        add_account(server, "large", large)
        message = EmailMessage()
        message["Subject"] = "Fifty megabytes"
        message.set_content("Large.")
        message.add_attachment(
            Random(1).randbytes(37_000_000), maintype="application", subtype="zip", filename="a.zip"
        )
        server.fill("large", "INBOX", [message.as_bytes()])
        _, idle = run(["sync"], large)
        _, opened = run(["show", "1"], large)
        say("a message of 50 MB: sync / open it, peak", f"{idle >> 20} MiB / {opened >> 20} MiB")
        with TimedTerminal([PROGRAM, "demo"], environment(Path(folder) / "d")) as terminal:
            say("tui-mail demo to the first painted list", f"{terminal.seconds_until('●') * 1000:.0f} ms")
    say("load average at the end", " ".join(f"{load:.2f}" for load in os.getloadavg()))


main()
