"""An account that sends is tested at both of its servers before it is written."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.postfix import Postfix
from tui_mail.config import file
from tui_mail.model.account import Security, Server


def add(
    tui_mail: Command, mailbox: Mailbox, *words: str, password: str = "correct horse"
) -> "subprocess.CompletedProcess[str]":
    return tui_mail(
        *("account", "add", f"{mailbox.username}@example.org", "--username", mailbox.username),
        *("--imap", f"127.0.0.1:{mailbox.dovecot.imap_tls}", "--key", "work"),
        *("--ca-file", str(mailbox.dovecot.ca_file), "--password-command", f"echo '{password}'"),
        *words,
    )


@pytest.mark.parametrize("security", Security)
def test_what_works_over_smtp_is_told_and_the_account_is_written(
    tui_mail: Command, mailbox: Mailbox, postfix: Postfix, security: Security
) -> None:
    server = postfix.server(security)
    place = f"127.0.0.1:{server.port}"
    done = add(tui_mail, mailbox, "--smtp", place, "--smtp-security", security)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    how = {Security.TLS: "over TLS", Security.STARTTLS: "over STARTTLS", Security.NONE: "without TLS"}
    assert f"{place} speaks SMTP {how[security]}" in told
    assert told.count("Its certificate is valid") == (1 if security is Security.NONE else 2)
    assert told.count(f"Signed in as {mailbox.username} by PLAIN") == 2
    assert "Letters may have 20.0 MB" in told
    assert any(line.startswith("It offers ") and "DSN" in line and "SMTPUTF8" in line for line in told)
    assert file.load(tui_mail.config_file).accounts[0].smtp == server


def test_a_sign_in_that_only_smtp_refuses_is_not_saved(
    tui_mail: Command, mailbox: Mailbox, dovecot: Dovecot, postfix: Postfix, tmp_path: Path
) -> None:
    with Dovecot({mailbox.username: "other horse"}) as other:
        authorities = tmp_path / "ca.pem"
        authorities.write_bytes(dovecot.ca_file.read_bytes() + other.ca_file.read_bytes())
        elsewhere = Mailbox(other, mailbox.username, "other horse")
        done = add(
            tui_mail,
            elsewhere,
            *("--smtp", f"127.0.0.1:{postfix.smtp_tls}", "--ca-file", str(authorities)),
            password="other horse",
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{postfix.smtp_tls} refused user name or password" in done.stderr
    assert "was not added" in done.stderr
    assert "horse" not in done.stdout + done.stderr
    assert not tui_mail.config_file.exists()


def test_a_host_that_is_not_smtp_is_told_and_not_saved_over_tls(
    tui_mail: Command, mailbox: Mailbox, postfix: Postfix
) -> None:
    done = add(tui_mail, mailbox, "--smtp", f"127.0.0.1:{postfix.smtp_plain}", "--smtp-security", "tls")
    assert done.returncode == 1
    assert f"127.0.0.1:{postfix.smtp_plain} does not speak TLS there" in done.stderr
    assert not tui_mail.config_file.exists()


def test_a_server_that_is_away_leaves_an_account_that_is_said_to_be_untested(
    tui_mail: Command, mailbox: Mailbox
) -> None:
    done = add(tui_mail, mailbox, "--smtp", "127.0.0.1:1", "--smtp-security", "none")
    assert done.returncode == 0
    assert "could not be tested: 127.0.0.1:1 refused the connection" in done.stderr
    assert file.load(tui_mail.config_file).accounts[0].smtp == Server("127.0.0.1", 1, Security.NONE)
    tested = tui_mail("account", "test", "--json")
    outcome = json.loads(tested.stdout)
    assert (tested.returncode, outcome["ok"]) == (1, False)
    assert f"127.0.0.1:{mailbox.dovecot.imap_tls} speaks IMAP over TLS" in outcome["proofs"]


def test_listing_and_the_doctor_say_where_letters_leave(tui_mail: Command, mailbox: Mailbox) -> None:
    words = ("--smtp", "smtp.example.org", "--no-test")
    assert add(tui_mail, mailbox, *words).returncode == 0
    listed = tui_mail("account", "list")
    assert "sends by smtp.example.org:465 (tls)" in listed.stdout
    assert json.loads(tui_mail("account", "list", "--json").stdout)["smtp"] == {
        "host": "smtp.example.org",
        "port": 465,
        "security": "tls",
    }
    assert "work: letters leave by smtp.example.org:465 (tls)" in tui_mail("doctor").stdout


def test_an_account_without_smtp_is_said_to_be_for_reading(tui_mail: Command, mailbox: Mailbox) -> None:
    done = add(tui_mail, mailbox, "--no-test")
    assert done.returncode == 0
    assert "--smtp HOST:PORT says where its letters leave" in done.stderr
    assert "work: it can be read only" in tui_mail("doctor").stdout


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--smtp", "smtp.example.org:25", "--smtp-security", "none"], "--smtp-security: "),
        (["--smtp", "smtp.example.org:port"], "--smtp: "),
        (["--smtp", "smtps://smtp.example.org"], "--smtp: "),
    ],
)
def test_a_value_that_cannot_be_is_told_by_its_option(
    tui_mail: Command, mailbox: Mailbox, words: list[str], option: str
) -> None:
    done = add(tui_mail, mailbox, *words)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tui-mail: {option}")
    assert not tui_mail.config_file.exists()


def test_a_way_without_a_place_is_a_wrong_command_line(tui_mail: Command, mailbox: Mailbox) -> None:
    assert add(tui_mail, mailbox, "--smtp-security", "tls").returncode == 2
