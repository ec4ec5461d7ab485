"""Adding, listing and removing accounts, without a server."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tui_mail.config import file
from tui_mail.model.account import Account, Security, Server


def add(tui_mail: Command, *words: str, email: str = "ada@example.org", imap: str = "imap.example.org"):  # type: ignore[no-untyped-def]
    return tui_mail("account", "add", "--email", email, "--imap", imap, *words)


def test_an_account_is_written_from_options_alone(tui_mail: Command, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    done = add(
        tui_mail,
        *("--name", "Ada Lovelace", "--username", "ada", "--password-command", "pass show work"),
        *("--ca-file", str(authority), "--key", "work", "--no-test"),
        imap="imap.example.org:1993",
    )
    assert done.returncode == 0
    assert done.stdout == "Added ada@example.org as “work”\n"
    assert file.load(tui_mail.config_file).accounts == (
        Account(
            key="work",
            email="ada@example.org",
            name="Ada Lovelace",
            imap=Server("imap.example.org", 1993, Security.TLS),
            username="ada",
            password_command="pass show work",
            ca_file=authority,
        ),
    )


@pytest.mark.parametrize(
    ("imap", "security", "server"),
    [
        ("h.example", None, Server("h.example", 993, Security.TLS)),
        ("h.example:143", None, Server("h.example", 143, Security.STARTTLS)),
        ("h.example", "starttls", Server("h.example", 143, Security.STARTTLS)),
        ("[::1]:1143", "none", Server("::1", 1143, Security.NONE)),
        ("127.0.0.1:1143", "none", Server("127.0.0.1", 1143, Security.NONE)),
    ],
)
def test_port_and_security_follow_from_one_another(
    tui_mail: Command, imap: str, security: str | None, server: Server
) -> None:
    chosen = ["--imap-security", security] if security else []
    assert add(tui_mail, *chosen, "--password-command", "false", "--no-test", imap=imap).returncode == 0
    assert file.load(tui_mail.config_file).accounts[0].imap == server


@pytest.mark.parametrize(
    ("words", "imap", "option"),
    [
        (["--imap-security", "none"], "imap.example.org:143", "--imap-security: "),
        ([], "imap.example.org:port", "--imap: "),
        ([], "imap.example.org:70000", "--imap: "),
        ([], "imaps://imap.example.org", "--imap: "),
        ([], "a:b:c:d", "--imap: "),
        (["--key", "a b"], "h", "--key: "),
        (["--key", ""], "h", "--key: "),
        (["--name", "a\nb"], "h", "--name: "),
        (["--ca-file", "/nowhere/at/all"], "h", "--ca-file: "),
        (["--email", "nobody"], "h", "--email: "),
    ],
)
def test_a_value_that_cannot_be_is_told_by_its_option_and_nothing_is_written(
    tui_mail: Command, words: list[str], imap: str, option: str
) -> None:
    done = add(tui_mail, *words, "--password-command", "false", "--no-test", imap=imap)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tui-mail: {option}")
    assert not tui_mail.config_file.exists()


@pytest.mark.parametrize(
    "words", [[], ["ada@example.org"], ["--imap", "h"], ["ada@example.org", "--imap", ""]]
)
def test_without_a_terminal_an_address_and_a_server_must_be_given(
    tui_mail: Command, words: list[str]
) -> None:
    done = tui_mail("account", "add", *words)
    assert done.returncode == 2
    assert "tui-mail account add ada@example.org --imap imap.example.org" in done.stderr
    assert list(tui_mail.home.iterdir()) == []


def test_keys_come_from_the_domain_then_the_local_part_then_both_then_a_number(tui_mail: Command) -> None:
    for _ in range(4):
        assert add(tui_mail, "--password-command", "false", "--no-test").returncode == 0
    keys = [account.key for account in file.load(tui_mail.config_file).accounts]
    assert keys == ["example", "ada", "ada-example", "ada-example-2"]
    assert add(tui_mail, "--key", "ada", "--no-test", "--password-command", "false").returncode == 1


def test_without_a_terminal_and_a_command_it_says_what_to_give(tui_mail: Command) -> None:
    done = add(tui_mail)
    assert done.returncode == 1
    assert "--password-command" in done.stderr
    assert not tui_mail.config_file.exists()


def test_a_password_command_that_fails_writes_nothing(tui_mail: Command) -> None:
    done = add(tui_mail, "--password-command", "echo locked >&2; exit 1")
    assert done.returncode == 1
    assert "locked" in done.stderr
    assert not tui_mail.config_file.exists()


def test_listing_tells_where_the_password_comes_from_but_never_what_it_is(tui_mail: Command) -> None:
    assert add(tui_mail, "--password-command", "echo hunter2", "--key", "a", "--no-test").returncode == 0
    assert add(tui_mail, "--key", "b", "--no-test").returncode == 0
    assert add(tui_mail, "--key", "c", "--no-test").returncode == 0
    done = tui_mail("account", "list", "--json", TUI_MAIL_PASSWORD_B="hunter2")
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["account"], each["password"]) for each in listed] == [
        ("a", "command"),
        ("b", "environment"),
        ("c", "keyring"),
    ]
    assert "hunter2" not in done.stdout + done.stderr


def test_removing_takes_the_account_out_and_an_unknown_one_is_guessed(tui_mail: Command) -> None:
    assert add(tui_mail, "--key", "work", "--password-command", "false", "--no-test").returncode == 0
    wrong = tui_mail("account", "remove", "wrok")
    assert wrong.returncode == 1
    assert "did you mean “work”?" in wrong.stderr
    done = tui_mail("account", "remove", "work")
    assert done.returncode == 0
    assert "stays on imap.example.org" in done.stdout
    assert file.load(tui_mail.config_file).accounts == ()


def test_no_account_is_a_note_and_no_error(tui_mail: Command) -> None:
    for words in (["account", "list"], ["account", "test"], ["config", "check"]):
        done = tui_mail(*words)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr


def test_an_account_may_sign_in_by_a_token_command(tui_mail: Command) -> None:
    assert add(tui_mail, "--token-command", "oama access ada", "--key", "a", "--no-test").returncode == 0
    (account,) = file.load(tui_mail.config_file).accounts
    assert (account.token_command, account.password_command) == ("oama access ada", None)
    listed = json.loads(tui_mail("account", "list", "--json").stdout)
    assert listed["password"] == "token command"
    both = add(tui_mail, "--token-command", "x", "--password-command", "y", "--no-test")
    assert both.returncode == 1
    assert "--token-command: stands beside password_command" in both.stderr
