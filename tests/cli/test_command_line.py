"""What holds for every command: words, exit codes, streams, files."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Command
from tests.cli.terminal import on_a_terminal
from tui_mail import __version__

ACCOUNT = '[account.work]\nemail = "ada@example.org"\nimap = { host = "imap.example.org" }\n'


def test_the_version_is_told_and_nothing_is_written(tui_mail: Command) -> None:
    done = tui_mail("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"tui-mail {__version__}\n", "")
    assert list(tui_mail.home.iterdir()) == []


def test_version_and_help_load_nothing_but_the_parser() -> None:
    code = (
        "import sys\n"
        "from tui_mail.cli import main\n"
        "try: main([sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "heavy = {'asyncio', 'textual', 'rich', 'keyring', 'platformdirs', 'msgspec', 'tomlkit', 'sqlite3',"
        " 'ssl', 'email', 'logging', 'dataclasses', 'tui_mail.engine', 'tui_mail.config', 'tui_mail.ui'}\n"
        "print('loaded:', heavy & set(sys.modules))"
    )
    for option in ("--version", "--help"):
        done = subprocess.run(
            [sys.executable, "-c", code, option], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert done.stdout.endswith("loaded: set()\n")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["list", "--nonsense"],
        ["show"],
        ["show", "x"],
        ["show", "0"],
        ["list", "--limit", "-1"],
        ["account"],
        ["config"],
        ["account", "add"],
        ["account", "add", "--email", "a@b.c", "--imap", "h", "--imap-security", "ssl"],
        ["--conf", "x", "list"],
        ["--json"],
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why_on_stderr(tui_mail: Command, words: list[str]) -> None:
    done = tui_mail(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_without_a_terminal_the_screen_is_refused_in_words(tui_mail: Command) -> None:
    for words in ([], ["demo"]):
        done = tui_mail(*words)
        assert done.returncode == 2
        assert "The screen needs a terminal" in done.stderr
        assert done.stdout == ""


def test_a_terminal_that_cannot_place_text_is_refused_in_words(tui_mail: Command) -> None:
    for words in ([], ["demo"]):
        code, shown = on_a_terminal(
            [sys.executable, "-m", "tui_mail", *words], tui_mail.environment(TERM="dumb")
        )
        assert code == 2
        assert "TERM=dumb" in shown
        assert "\x1b" not in shown


def test_global_options_stand_before_or_after_the_command(tui_mail: Command, tmp_path: Path) -> None:
    place = str(tmp_path / "other.toml")
    for words in (
        ["--json", "--config", place, "config", "path"],
        ["config", "path", "--json", "--config", place],
    ):
        assert json.loads(tui_mail(*words).stdout) == {"path": place}
    assert json.loads(tui_mail("--config", place, "config", "--json", "path").stdout) == {"path": place}


def test_the_variable_names_the_file_and_a_profile_has_its_own(tui_mail: Command) -> None:
    assert tui_mail("config", "path").stdout == f"{tui_mail.config_file}\n"
    assert tui_mail("config", "path", TUI_MAIL_CONFIG="/x/y.toml").stdout == "/x/y.toml\n"
    profile = tui_mail("--profile", "work", "config", "path").stdout.strip()
    assert profile == str(tui_mail.config_file.parent / "profiles" / "work" / "config.toml")
    assert tui_mail("--profile", "../x", "config", "path").returncode == 1


def test_check_tells_every_problem_and_ends_with_1(tui_mail: Command) -> None:
    tui_mail.write_config('[account.a]\nemial = "x"\npassword = "hunter2"\n')
    done = tui_mail("config", "check")
    assert done.returncode == 1
    assert [line.split(": ")[1] for line in done.stdout.splitlines()] == [
        "account.a",
        "account.a",
        "account.a.emial",
        "account.a.password",
    ]
    told = [json.loads(line) for line in tui_mail("config", "check", "--json").stdout.splitlines()]
    assert [each["line"] for each in told] == [1, 1, 2, 3]
    assert "hunter2" not in done.stdout + done.stderr + str(told)


def test_a_broken_configuration_stops_a_command_with_all_its_problems(tui_mail: Command) -> None:
    tui_mail.write_config('[account.a]\nemail = "x"\n')
    done = tui_mail("account", "list")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{tui_mail.config_file}:2: account.a.email: must be an address" in done.stderr
    assert f"{tui_mail.config_file}:1: account.a: lacks “imap”" in done.stderr


def test_a_sound_file_is_said_to_be_sound(tui_mail: Command) -> None:
    tui_mail.write_config(ACCOUNT)
    done = tui_mail("config", "check")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{tui_mail.config_file} is sound; 1 account\n"


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_whatever_the_umask_files_are_for_their_owner_alone(tui_mail: Command, umask: int) -> None:
    before = os.umask(umask)
    try:
        words = ["--email", "a@example.org", "--imap", "h", "--password-command", "false", "--no-test"]
        assert tui_mail("account", "add", *words).returncode == 0
    finally:
        os.umask(before)
    for folder, _, files in os.walk(tui_mail.home):
        if folder != str(tui_mail.home):
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600


def test_a_folder_that_others_may_write_is_refused_with_the_command_that_mends_it(tui_mail: Command) -> None:
    tui_mail.write_config(ACCOUNT)
    tui_mail.config_file.parent.chmod(0o777)
    done = tui_mail("account", "list")
    assert done.returncode == 1
    assert f"chmod go-w {tui_mail.config_file.parent}" in done.stderr


def test_a_reader_that_goes_away_is_no_error(tui_mail: Command) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tui_mail", "config", "path"],
        env=tui_mail.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_under_stdout_is_told_in_words(tui_mail: Command) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tui_mail", "config", "path"],
            env=tui_mail.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "tui-mail: The output cannot be written: No space left on device\n"


def test_what_nobody_expected_is_one_sentence_and_a_log_without_values(tui_mail: Command) -> None:
    code = (
        "import tui_mail.cli.care as care, sys\n"
        "from tui_mail.cli import main\n"
        "def broken(call):\n"
        "    secret = 'hunter2'\n"
        "    try: int(secret)\n"
        "    except ValueError as error: raise KeyError(secret) from error\n"
        "care.path = broken\n"
        "sys.exit(main(['config', 'path']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=tui_mail.environment(), capture_output=True, text=True, check=False
    )
    log = tui_mail.log_file.read_text()
    assert done.returncode == 1
    assert done.stderr == (
        f"tui-mail: Something unexpected happened (KeyError); details are in {tui_mail.log_file}\n"
    )
    assert "ValueError" in log
    assert "KeyError" in log
    assert "in broken" in log
    assert "hunter2" not in log + done.stderr + done.stdout


def test_ctrl_c_ends_with_130_and_without_a_word(tui_mail: Command) -> None:
    code = (
        "import tui_mail.cli.care as care, sys, signal\n"
        "from tui_mail.cli import main\n"
        "care.path = lambda call: signal.raise_signal(signal.SIGINT)\n"
        "sys.exit(main(['config', 'path']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=tui_mail.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_charset_without_our_marks_ends_nothing(tui_mail: Command) -> None:
    tui_mail.write_config(ACCOUNT)
    done = tui_mail("account", "test", "wokr", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "wokr" in done.stderr
    assert "Traceback" not in done.stderr
