"""`send` and `outbox` as programs and people call them: offline, beside the one online, and to the end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.cli.conftest import Command, until
from tests.cli.test_watch import until as told
from tests.cli.test_watch import watch
from tests.servers.mailbox import Mailbox
from tests.servers.postfix import DOMAIN, NOBODY, Postfix

__all__ = ["watch"]

LETTER = b"Subject: Gr\xc3\xbc\xc3\x9fe\nTo: Jo <jo@example.net>\nBcc: eva@example.net\n\nHello\n.\nEnd.\n"


def account(address: str, *, port: int = 1, more: str = "") -> str:
    """A configuration that reaches nobody, unless told the port of somebody."""
    return f"""\
[account.work]
email = "{address}"
imap = {{ host = "127.0.0.1", port = 1, security = "none" }}
smtp = {{ host = "127.0.0.1", port = {port}, security = "none" }}
password_command = "echo x"
{more}
"""


def send(tui_mail: Command, raw: bytes, *words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "tui_mail", "send", *words],
        input=raw,
        env=tui_mail.environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )


def outbox(tui_mail: Command) -> list[dict[str, object]]:
    listed = tui_mail("outbox", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    return [json.loads(line) for line in listed.stdout.splitlines()]


def addresses(letter: dict[str, object]) -> list[str]:
    recipients = letter["recipients"]
    assert isinstance(recipients, list)
    return [one["address"] for one in recipients]


def files(tui_mail: Command) -> list[Path]:
    return list((tui_mail.database.parent / "outbox").glob("*"))


def test_a_letter_is_queued_without_a_network_and_its_id_is_printed(tui_mail: Command) -> None:
    tui_mail.write_config(account("me@example.org"))
    done = send(tui_mail, LETTER, "-oi", "-t", "--", "max@example.net")
    assert done.returncode == 0, done.stderr
    (one,) = outbox(tui_mail)
    assert done.stdout == f"{one['id']}\n".encode()
    assert b"--now" in done.stderr
    assert addresses(one) == ["max@example.net", "jo@example.net", "eva@example.net"]
    assert (one["from"], one["subject"], one["state"]) == ("me@example.org", "Grüße", "queued")
    (kept,) = [path.read_bytes() for path in files(tui_mail) if path.suffix == ".eml"]
    assert kept.isascii()
    assert b"\r\n=2E\r\nEnd." in kept or b"\r\n.\r\nEnd." in kept


@pytest.mark.parametrize(
    ("raw", "words", "code", "why"),
    [
        (LETTER, (), 64, "No recipient"),
        (LETTER, ("--what",), 2, "unrecognized"),
        (LETTER, ("-f",), 64, "expected one argument"),
        (b"", ("a@example.net",), 65, "empty"),
        (b"Subject: x\n\nx", ("-t",), 65, "no recipient"),
        (LETTER, ("jo@exa mple",), 65, "no address"),
        (LETTER, ("-f", "nobody", "a@example.net"), 65, "no address to send from"),
        (LETTER, ("-f", "eva@example.com", "a@example.net"), 78, "No account writes as eva@example.com"),
        (b"From: eva@example.com\n\nx", ("a@example.net",), 78, "No account writes as eva@example.com"),
        (b"Subject: x\n\n\0", ("a@example.net",), 65, "NUL"),
    ],
)
def test_what_cannot_be_queued_is_said_in_a_sentence_and_a_number(
    tui_mail: Command, raw: bytes, words: tuple[str, ...], code: int, why: str
) -> None:
    tui_mail.write_config(account("me@example.org"))
    done = send(tui_mail, raw, *words)
    assert (done.returncode, done.stdout) == (code, b""), done.stderr
    assert why in done.stderr.decode()
    assert files(tui_mail) == []


@pytest.mark.parametrize("config", ["", account("me@example.org").replace("smtp", "#smtp")])
def test_without_an_account_that_can_send_it_is_a_matter_of_configuration(
    tui_mail: Command, config: str
) -> None:
    tui_mail.write_config(config)
    done = send(tui_mail, LETTER, "-t")
    assert done.returncode == 78
    assert b"account" in done.stderr


def test_the_outbox_can_be_looked_at_and_cancelled_and_nothing_undecided_be_decided(
    tui_mail: Command,
) -> None:
    tui_mail.write_config(account("me@example.org"))
    id = send(tui_mail, LETTER, "-t").stdout.decode().strip()
    assert "jo@example.net, eva@example.net" in tui_mail("outbox").stdout
    wrong = tui_mail("outbox", "resolve", id, "--sent")
    assert wrong.returncode == 1
    assert "was not sent" in wrong.stderr
    assert tui_mail("outbox", "retry", id).returncode == 0
    assert tui_mail("outbox", "cancel", id).returncode == 0
    assert outbox(tui_mail) == []
    assert files(tui_mail) == []
    assert tui_mail("outbox", "cancel", id).returncode == 1


def test_a_letter_that_finds_nobody_stays_and_sync_names_it(tui_mail: Command) -> None:
    tui_mail.write_config(account("me@example.org"))
    done = send(tui_mail, LETTER, "-t", "--now")
    assert done.returncode == 75, done.stderr
    assert b"Not sent" in done.stderr
    (one,) = outbox(tui_mail)
    assert one["state"] == "queued"
    assert one["error"]
    synced = tui_mail("sync")
    assert "work: not sent" in synced.stdout
    assert "Grüße" in synced.stdout


def served(tui_mail: Command, mailbox: Mailbox, postfix: Postfix) -> str:
    """Let the configuration name a real mailbox; return its address."""
    address = f"{mailbox.username}@{DOMAIN}"
    tui_mail.write_config(f"""\
[account.work]
email = "{address}"
username = "{mailbox.username}"
imap = {{ host = "127.0.0.1", port = {mailbox.dovecot.imap_tls}, security = "tls" }}
smtp = {{ host = "127.0.0.1", port = {postfix.smtp_tls}, security = "tls" }}
password_command = "echo {mailbox.password}"
ca_file = "{mailbox.dovecot.ca_file}"
""")
    return address


def count(server: IMAPClient, folder: str) -> int:
    return int(server.folder_status(folder, ["MESSAGES"])[b"MESSAGES"]) if server.folder_exists(folder) else 0


def test_a_letter_sent_now_arrives_and_is_filed(
    tui_mail: Command, mailbox: Mailbox, postfix: Postfix, server: IMAPClient
) -> None:
    address = served(tui_mail, mailbox, postfix)
    done = send(tui_mail, LETTER, "--now", address)
    assert done.returncode == 0, done.stderr
    (one,) = outbox(tui_mail)
    assert (one["state"], one["filed"]) == ("sent", True)
    until(lambda: count(server, "INBOX") == 1)
    assert count(server, "Sent") == 1
    refused = send(tui_mail, LETTER, "--now", NOBODY)
    assert refused.returncode == 69
    assert b"nobody of that name" in refused.stderr


def test_a_letter_queued_beside_the_one_online_is_sent_by_it(
    tui_mail: Command, mailbox: Mailbox, postfix: Postfix, server: IMAPClient
) -> None:
    address = served(tui_mail, mailbox, postfix)
    command = [sys.executable, "-m", "tui_mail", "sync", "--watch", "--json"]
    with subprocess.Popen(
        command, env=tui_mail.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        try:
            told(watching, event="status", account="work", phase="live")
            assert send(tui_mail, LETTER, address).returncode == 0
            told(watching, event="outbox", state="sent")
            assert send(tui_mail, LETTER, "--now", address).returncode == 0
            until(lambda: count(server, "INBOX") == 2)
            until(lambda: count(server, "Sent") == 2)
        finally:
            watching.terminate()
