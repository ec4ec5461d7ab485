"""The installed program as a bench drives it: by its commands and on a terminal."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tests.bench.terminal import TimedTerminal
from tests.servers.dovecot import PASSWORD, Dovecot

PROGRAM = str(Path(sys.executable).with_name("tui-mail"))
"""Taken from the environment of this Python."""

KEEP_ALL = 36_500
"""Days of which bodies are fetched, when all of them are."""

LAUNCH = """
import os, subprocess, sys, time
before = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(time.perf_counter() - before, used.ru_maxrss * 1024, os.waitstatus_to_exitcode(status))
"""
"""A small parent: a child's peak memory counts that of the process it was forked from."""


def timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, int]:
    """Run a command to its end; return seconds and the most octets it had resident."""
    launch = [sys.executable, "-S", "-c", LAUNCH, *command]
    told = subprocess.run(launch, env=dict(environment), stdout=subprocess.PIPE, text=True, check=True)
    seconds, memory, code = told.stdout.split()
    if code != "0":
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return float(seconds), int(memory)


class Program:
    """The program with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def environment(self) -> dict[str, str]:
        """What the program finds its home and its password by."""
        kinds = ("CONFIG", "DATA", "CACHE", "STATE")
        places = {f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in kinds}
        return {
            **os.environ,
            **places,
            "TUI_MAIL_PASSWORD_BENCH": PASSWORD,
            "COLORTERM": "truecolor",
            "TERM": "xterm-256color",
        }

    def run(self, *arguments: str) -> tuple[float, int]:
        """Run a command of the program; return seconds and the most octets it had resident."""
        return timed([PROGRAM, *arguments], self.environment)

    def terminal(self) -> TimedTerminal:
        """Start the screen on a terminal."""
        return TimedTerminal([PROGRAM], self.environment)

    def add_account(self, server: Dovecot, user: str, *, keep_days: int, tls: bool = True) -> None:
        """Let the program know a mailbox."""
        port = server.imap_tls if tls else server.imap_plain
        options = {
            "--key": "bench",
            "--email": f"{user}@example.org",
            "--name": "Bench",
            "--imap": f"{server.host}:{port}",
            "--imap-security": "tls" if tls else "none",
            "--username": user,
            "--ca-file": str(server.ca_file),
        }
        self.run("account", "add", "--no-test", *(part for option in options.items() for part in option))
        config = self.home / "config" / "tui-mail" / "config.toml"
        told = config.read_text()
        config.write_text(told.replace("[account.bench]", f"[account.bench]\nkeep_days = {keep_days}", 1))

    @contextlib.contextmanager
    def syncing(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Let `tui-mail sync` run meanwhile; it is killed if it has not ended by itself."""
        child = subprocess.Popen([PROGRAM, "sync"], env=self.environment, stdout=subprocess.DEVNULL)
        try:
            yield child
        finally:
            child.kill()
            child.wait()

    def ask(self, sql: str) -> int | None:
        """Return the one number that a query on the store gives; None while there is no store yet."""
        path = self.home / "data" / "tui-mail" / "mail.db"
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                row = connection.execute(sql).fetchone()
        except sqlite3.Error:
            return None
        return None if row is None or row[0] is None else int(row[0])
