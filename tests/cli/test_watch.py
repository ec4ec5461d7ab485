"""`sync --watch`, and what other commands may do beside it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Command
from tests.cli.test_mail import HELLO, add, listed
from tests.servers.mailbox import Mailbox


@pytest.fixture
def watch(tui_mail: Command, mailbox: Mailbox) -> "Iterator[subprocess.Popen[str]]":
    assert add(tui_mail, mailbox).returncode == 0
    command = [sys.executable, "-m", "tui_mail", "sync", "--watch", "--json"]
    with subprocess.Popen(command, env=tui_mail.environment(), stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def until(process: "subprocess.Popen[str]", **facts: object) -> dict[str, object]:
    """Return the first line that says all of `facts`."""
    assert process.stdout is not None
    for line in process.stdout:
        told: dict[str, object] = json.loads(line)
        if facts.items() <= told.items():
            return told
    raise AssertionError(f"it ended without saying {facts}")


def test_what_arrives_is_told_until_ctrl_c(
    tui_mail: Command, mailbox: Mailbox, watch: "subprocess.Popen[str]"
) -> None:
    until(watch, event="status", account="work", phase="live")
    mailbox.deliver(HELLO)
    told = until(watch, event="messages", account="work", count=1)
    assert str(told["folder"]).upper() == "INBOX"
    assert [row["subject"] for row in listed(tui_mail)] == ["Café ␛[2J"]
    until(watch, event="arrived", count=1, heading="Ada Lovelace", text="Café ␛[2J")
    watch.send_signal(signal.SIGINT)
    assert watch.wait(30) == 130


def test_only_one_process_talks_to_the_servers_and_the_other_says_so(
    tui_mail: Command, watch: "subprocess.Popen[str]"
) -> None:
    until(watch, event="status", account="work", phase="live")
    done = tui_mail("sync")
    assert done.returncode == 1
    assert "already running" in done.stderr
    assert tui_mail("account", "remove", "work").returncode == 1
    assert tui_mail("account", "list").stdout.startswith("work")


def test_after_a_kill_the_next_sync_goes_on(
    tui_mail: Command, mailbox: Mailbox, watch: "subprocess.Popen[str]"
) -> None:
    until(watch, event="status", account="work", phase="live")
    watch.kill()
    watch.wait(30)
    mailbox.deliver(HELLO)
    assert tui_mail("sync").returncode == 0
    assert len(listed(tui_mail)) == 1
