"""From a real server to lines on stdout."""

import json
import socket
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.servers.mailbox import Mailbox
from tui_mail.config import file

HELLO = (
    b"From: Ada Lovelace <ada@example.org>\r\nTo: Bob <bob@example.net>, carol@example.net\r\n"
    b"Subject: =?utf-8?q?Caf=C3=A9_=1B=5B2J?=\r\nDate: Tue, 12 May 2026 14:02:00 +0200\r\n"
    b"Message-ID: <hello@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n"
    b"Caf\xc3\xa9 at ten? \x1b]0;owned\x07\r\n\r\n" + b"word " * 40 + b"\r\n"
)


def prints(password: str) -> str:
    return f"printf %s '{password}'"


def add(
    tui_mail: Command, mailbox: Mailbox, key: str = "work", password: str | None = None, trusted: bool = True
):  # type: ignore[no-untyped-def]
    server = mailbox.server()
    authority = ["--ca-file", str(mailbox.dovecot.ca_file)] if trusted else []
    return tui_mail(
        *("account", "add", "--email", f"{mailbox.username}@example.org", "--key", key),
        *("--imap", f"{server.host}:{server.port}", "--username", mailbox.username, *authority),
        *("--password-command", prints(password or mailbox.password)),
    )


def listed(tui_mail: Command, *words: str) -> list[dict[str, object]]:
    done = tui_mail("list", "--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_account_is_added_with_proof(tui_mail: Command, mailbox: Mailbox) -> None:
    done = add(tui_mail, mailbox)
    note = "It can be read only; --smtp HOST:PORT says where its letters leave\n"
    assert (done.returncode, done.stderr) == (0, note)
    assert f"Signed in as {mailbox.username}" in done.stdout
    again = tui_mail("account", "test")
    assert again.returncode == 0
    assert "Its certificate is valid" in again.stdout


def test_a_refused_sign_in_adds_nothing(tui_mail: Command, mailbox: Mailbox) -> None:
    done = add(tui_mail, mailbox, password="hunter2")
    assert done.returncode == 1
    assert "was not added" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert not tui_mail.config_file.exists()


def test_a_certificate_that_proves_nothing_adds_nothing(tui_mail: Command, mailbox: Mailbox) -> None:
    done = add(tui_mail, mailbox, trusted=False)
    assert done.returncode == 1
    assert "certificate" in done.stderr.casefold()
    assert not tui_mail.config_file.exists()


def test_a_server_that_cannot_be_reached_is_no_reason_to_lose_what_was_typed(tui_mail: Command) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        words = ["--email", "ada@example.org", "--imap", f"127.0.0.1:{closed.getsockname()[1]}"]
        done = tui_mail("account", "add", *words, "--password-command", prints("x"))
    assert done.returncode == 0
    assert "could not be tested" in done.stderr
    assert "tui-mail account test example" in done.stderr
    assert [account.key for account in file.load(tui_mail.config_file).accounts] == ["example"]


def raw(tui_mail: Command, id: object) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tui_mail", "show", "--raw", str(id)]
    return subprocess.run(command, env=tui_mail.environment(), capture_output=True, check=False)


def cut_off(tui_mail: Command, mailbox: Mailbox) -> None:
    """Let the account's server be out of reach from now on."""
    text = tui_mail.config_file.read_text()
    tui_mail.config_file.write_text(text.replace(f"port = {mailbox.server().port}", "port = 1"))


def test_what_arrived_is_synced_listed_and_shown(tui_mail: Command, mailbox: Mailbox) -> None:
    mailbox.deliver(HELLO)
    assert add(tui_mail, mailbox).returncode == 0
    synced = tui_mail("sync")
    assert (synced.returncode, synced.stderr) == (0, "")
    assert synced.stdout.startswith("work: ")
    (row,) = listed(tui_mail)
    assert row["account"] == "work"
    assert str(row["folder"]).upper() == "INBOX"
    assert row["date"] == "2026-05-12T12:02:00Z"
    assert row["from"] == "Ada Lovelace <ada@example.org>"
    assert row["to"] == ["Bob", "carol@example.net"]
    assert row["subject"] == "Café ␛[2J"
    assert row["flags"] == []
    assert row["message_id"] == "<hello@example.org>"
    assert row["has_attachment"] is False
    assert isinstance(row["uid"], int)
    shown = tui_mail("show", str(row["id"]))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("From: Ada Lovelace <ada@example.org>\n")
    assert "Café at ten? ␛]0;owned␇\n" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 78
    assert json.loads(tui_mail("show", str(row["id"]), "--json").stdout)["to"] == [
        "Bob <bob@example.net>",
        "carol@example.net",
    ]


def test_recent_mail_is_read_offline_exact_to_the_byte(tui_mail: Command, mailbox: Mailbox) -> None:
    recent = HELLO.replace(b"Tue, 12 May 2026 14:02:00 +0200", formatdate().encode())
    mailbox.fill("INBOX", [recent])
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    cut_off(tui_mail, mailbox)
    (row,) = listed(tui_mail)
    assert raw(tui_mail, row["id"]).stdout == recent


def test_older_mail_is_fetched_when_it_is_shown_or_said_not_to_be_here(
    tui_mail: Command, mailbox: Mailbox
) -> None:
    old = HELLO.replace(b"2026", b"2016")
    mailbox.fill("INBOX", [old, old.replace(b"<hello", b"<again")])
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    fetched, left = (row["id"] for row in listed(tui_mail))
    assert b"Message-ID: <" in raw(tui_mail, fetched).stdout
    cut_off(tui_mail, mailbox)
    assert raw(tui_mail, fetched).returncode == 0
    missing = tui_mail("show", str(left))
    assert missing.returncode == 1
    assert missing.stdout.startswith("From: Ada Lovelace")
    assert f"The text of {left} is not on this machine yet: " in missing.stderr
    assert raw(tui_mail, left).stdout == b""


def test_lists_are_narrowed_by_account_folder_role_and_number(tui_mail: Command, mailbox: Mailbox) -> None:
    def letters(count: int, subject: str) -> list[bytes]:
        return [
            HELLO.replace(b"Caf=C3=A9", subject.encode() + str(number).encode()) for number in range(count)
        ]

    mailbox.fill("INBOX", letters(7, "in"))
    mailbox.fill("Archive", letters(2, "old"))
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync", "--account", "work").returncode == 0
    assert len(listed(tui_mail)) == 7
    assert len(listed(tui_mail, "--limit", "3")) == 3
    assert len(listed(tui_mail, "--account", "work")) == 7
    assert len(listed(tui_mail, "--folder", "archive")) == 2
    assert len(listed(tui_mail, "--folder", "Archive", "--account", "work")) == 2
    wrong = tui_mail("list", "--folder", "Archvie")
    assert wrong.returncode == 1
    assert "did you mean “archive”?" in wrong.stderr
    assert tui_mail("list", "--account", "wrok").returncode == 1
    counts = {
        each["name"].upper(): each["total"]
        for each in map(json.loads, tui_mail("folders", "--json").stdout.splitlines())
    }
    assert (counts["INBOX"], counts["ARCHIVE"]) == (7, 2)


def test_one_account_that_fails_does_not_stop_the_other(tui_mail: Command, mailbox: Mailbox) -> None:
    mailbox.deliver(HELLO)
    assert add(tui_mail, mailbox).returncode == 0
    with tui_mail.config_file.open("a") as config:
        config.write(
            '\n[account.gone]\nemail = "x@example.org"\npassword_command = "echo x"\n'
            'imap = { host = "127.0.0.1", port = 1, security = "none" }\n'
        )
    done = tui_mail("sync", "--json")
    assert done.returncode == 1
    reports = {each["key"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert reports["work"]["error"] is None
    assert reports["work"]["new"] == 1
    assert reports["gone"]["error"]
    assert len(listed(tui_mail)) == 1


def test_removing_an_account_takes_its_copy_along(tui_mail: Command, mailbox: Mailbox) -> None:
    mailbox.deliver(HELLO)
    assert add(tui_mail, mailbox).returncode == 0
    assert tui_mail("sync").returncode == 0
    assert tui_mail("account", "remove", "work", "--yes").returncode == 0
    assert add(tui_mail, mailbox).returncode == 0
    assert listed(tui_mail) == []


def test_a_message_that_is_not_there_is_told_in_words(tui_mail: Command) -> None:
    tui_mail.write_config('[account.work]\nemail = "a@b.c"\nimap = { host = "h" }\n')
    for words in (["show", "7"], ["show", "--raw", "7"]):
        done = tui_mail(*words)
        assert done.returncode == 1
        assert done.stderr == "tui-mail: The message is no longer here\n"


@pytest.mark.parametrize("words", [["list"], ["folders"]])
def test_before_the_first_sync_there_is_nothing_and_that_is_no_error(
    tui_mail: Command, words: list[str]
) -> None:
    tui_mail.write_config('[account.work]\nemail = "a@b.c"\nimap = { host = "h" }\n')
    done = tui_mail(*words)
    assert (done.returncode, done.stdout) == (0, "")
    assert not Path(tui_mail.home / "state" / "tui-mail" / "tui-mail.log").exists()
