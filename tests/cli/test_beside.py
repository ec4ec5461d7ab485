"""Several processes on one mail: one talks to the servers, all the others may read and change."""

import signal
import subprocess
import sys
from pathlib import Path

from imapclient import IMAPClient

from tests.cli.conftest import Command, until
from tests.cli.test_changing import count, flags, letters
from tests.cli.test_mail import HELLO, add, listed
from tests.cli.test_watch import until as told
from tests.cli.test_watch import watch
from tests.servers.mailbox import Mailbox
from tui_mail.config import file

__all__ = ["watch"]

Process = subprocess.Popen[str]


def started(tui_mail: Command, *words: str) -> Process:
    command = [sys.executable, "-m", "tui_mail", *words]
    return subprocess.Popen(
        command, env=tui_mail.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def live(process: Process) -> None:
    told(process, event="status", account="work", phase="live")


def test_a_change_made_beside_the_one_online_reaches_the_server(
    tui_mail: Command, mailbox: Mailbox, server: IMAPClient, watch: Process
) -> None:
    live(watch)
    mailbox.fill("INBOX", letters(2))
    until(lambda: len(listed(tui_mail)) == 2)
    first, second = (str(row["id"]) for row in listed(tui_mail))
    done = tui_mail("mark", "--star", first)
    assert (done.returncode, done.stderr) == (0, "")
    until(lambda: ["\\Flagged"] in flags(server))
    assert tui_mail("delete", second, "--now").returncode == 0
    assert (count(server, "INBOX"), count(server, "Trash")) == (1, 1)
    assert tui_mail("undo", "--now").returncode == 0
    assert (count(server, "INBOX"), count(server, "Trash")) == (2, 0)


def test_eight_processes_that_change_at_once_lose_nothing(
    tui_mail: Command, mailbox: Mailbox, server: IMAPClient, watch: Process
) -> None:
    mailbox.fill("INBOX", letters(16))
    live(watch)
    until(lambda: len(listed(tui_mail)) == 16)
    ids = [str(row["id"]) for row in listed(tui_mail)]
    pairs = [(ids[n], ids[n + 1]) for n in range(0, 16, 2)]
    changing = [
        process
        for star, gone in pairs[:4]
        for process in (started(tui_mail, "mark", "--star", star), started(tui_mail, "archive", gone))
    ]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in changing] == [("", 0)] * 8
    until(lambda: count(server, "Archive") == 4 and flags(server).count(["\\Flagged"]) == 4)
    assert count(server, "INBOX") == 12


def test_when_the_one_online_is_killed_the_next_takes_over(
    tui_mail: Command, mailbox: Mailbox, server: IMAPClient, watch: Process
) -> None:
    mailbox.fill("INBOX", letters(1))
    live(watch)
    until(lambda: len(listed(tui_mail)) == 1)
    (id,) = (str(row["id"]) for row in listed(tui_mail))
    with started(tui_mail, "sync", "--watch", "--json") as heir:
        told(heir, event="status", account="work", phase="offline")
        watch.kill()
        watch.wait(30)
        assert tui_mail("mark", "--read", id).returncode == 0
        live(heir)
        until(lambda: ["\\Seen"] in flags(server))
        heir.send_signal(signal.SIGINT)
        assert "goes on when that one ends" in heir.communicate(timeout=30)[1]


def test_an_account_that_is_added_meanwhile_is_served_and_a_broken_file_ends_nothing(
    tui_mail: Command, mailbox: Mailbox, watch: Process
) -> None:
    live(watch)
    assert add(tui_mail, mailbox, key="second").returncode == 0
    told(watch, event="status", account="second", phase="live")
    assert [account.key for account in file.load(tui_mail.config_file).accounts] == ["work", "second"]
    tui_mail.config_file.write_text("this is no TOML")
    until(lambda: "is not TOML" in (tui_mail.log_file.read_text() if tui_mail.log_file.exists() else ""))
    mailbox.deliver(HELLO)
    assert {told(watch, event="messages")["account"] for _ in range(2)} == {"work", "second"}


def test_a_body_that_is_not_here_is_fetched_beside_the_one_online(
    tui_mail: Command, mailbox: Mailbox, watch: Process, tmp_path: Path
) -> None:
    live(watch)
    mailbox.fill("INBOX", [raw.replace(b"2026", b"2016") for raw in letters(2)])
    until(lambda: len(listed(tui_mail)) == 2)
    first, second = (str(row["id"]) for row in listed(tui_mail))
    shown = tui_mail("show", first)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "at ten?" in shown.stdout
    assert tui_mail("export", second, str(tmp_path / "second.mbox")).returncode == 0
    assert watch.poll() is None
