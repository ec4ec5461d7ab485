"""Accounts where a person sits at the terminal."""

import sys

from tests.cli.conftest import Command
from tests.cli.terminal import on_a_terminal
from tui_mail.config import file

ADD = ["account", "add", "--email", "ada@example.org", "--imap", "imap.example.org", "--no-test"]
ASKED = "Password of ada@example.org at imap.example.org: "


def run(tui_mail: Command, *words: str, keyring: str, answers: list[tuple[str, str]]) -> tuple[int, str]:
    environment = tui_mail.environment(PYTHON_KEYRING_BACKEND=keyring, TERM="xterm")
    return on_a_terminal([sys.executable, "-m", "tui_mail", *words], environment, answers)


def test_a_password_is_asked_for_without_showing_it_and_kept(tui_mail: Command) -> None:
    code, shown = run(
        tui_mail, *ADD, keyring="tests.config.keyrings.Remembering", answers=[(ASKED, "hunter2\n")]
    )
    assert code == 0
    assert "Added ada@example.org" in shown
    assert "not kept" not in shown
    assert "hunter2" not in shown


def test_what_was_not_given_is_asked_for(tui_mail: Command) -> None:
    for words, answers in (
        (["ada@example.org"], []),
        ([], [("Address: ", "ada@example.org\n")]),
    ):
        tui_mail.config_file.unlink(missing_ok=True)
        server = ("IMAP server of ada@example.org (host or host:port): ", "imap.example.org\n")
        code, _ = run(
            *(tui_mail, "account", "add", *words, "--no-test"),
            keyring="tests.config.keyrings.Remembering",
            answers=[*answers, server, (ASKED, "hunter2\n")],
        )
        assert code == 0
        (account,) = file.load(tui_mail.config_file).accounts
        assert (account.email, account.imap.host) == ("ada@example.org", "imap.example.org")


def test_a_keyring_that_lies_is_told_and_the_account_stays(tui_mail: Command) -> None:
    for keyring in ("tests.config.keyrings.Lying", "keyring.backends.fail.Keyring"):
        tui_mail.config_file.unlink(missing_ok=True)
        code, shown = run(tui_mail, *ADD, keyring=keyring, answers=[(ASKED, "hunter2\n")])
        assert code == 0
        assert "the password is not kept" in shown
        assert len(file.load(tui_mail.config_file).accounts) == 1


def test_no_password_at_all_adds_nothing(tui_mail: Command) -> None:
    code, shown = run(tui_mail, *ADD, keyring="keyring.backends.fail.Keyring", answers=[(ASKED, "\x04")])
    assert code == 1
    assert "No password was given" in shown
    assert not tui_mail.config_file.exists()


def test_ctrl_c_at_the_password_adds_nothing(tui_mail: Command) -> None:
    code, shown = run(tui_mail, *ADD, keyring="keyring.backends.fail.Keyring", answers=[(ASKED, "\x03")])
    assert code == 130
    assert "Traceback" not in shown
    assert not tui_mail.config_file.exists()


def test_removing_asks_first_and_a_no_leaves_everything(tui_mail: Command) -> None:
    tui_mail.write_config('[account.work]\nemail = "ada@example.org"\nimap = { host = "h" }\n')
    question, keyring = "Remove it? [y/N] ", "tests.config.keyrings.Remembering"
    for answer, code, left in (("\n", 1, 1), ("y\n", 0, 0)):
        done, _ = run(tui_mail, "account", "remove", "work", keyring=keyring, answers=[(question, answer)])
        assert done == code
        assert len(file.load(tui_mail.config_file).accounts) == left
