"""The demo, served and on the screen."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.terminal import on_a_terminal
from tui_mail.cli.stage import Stage
from tui_mail.model.folder import Role, RoleView

QUIT = "\x11"


def test_served_it_is_mail_like_any_other_until_ctrl_c(tui_mail: Command) -> None:
    command = [sys.executable, "-m", "tui_mail", "demo", "--serve"]
    environment = tui_mail.environment(HOME=str(tui_mail.home / "demo"), XDG_CONFIG_HOME="")
    with (
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as office,
        ExitStack() as at_the_end,
    ):
        at_the_end.callback(office.kill)  # a test that fails must not wait for an office that serves on
        assert office.stdout is not None
        told = json.loads(office.stdout.readline())
        words = [
            "--email",
            told["email"],
            "--imap",
            f"{told['host']}:{told['port']}",
            "--key",
            told["account"],
        ]
        done = tui_mail(
            *("account", "add", *words, "--imap-security", "none", "--username", told["username"]),
            *("--smtp", f"{told['host']}:{told['smtp_port']}", "--smtp-security", "none"),
            *("--password-command", f"echo {told['password']}"),
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert tui_mail("sync").returncode == 0
        assert len(tui_mail("list", "--limit", "5").stdout.splitlines()) == 5
        office.send_signal(signal.SIGINT)
        assert office.wait(30) == 130
        assert office.stderr is not None
        assert "Traceback" not in office.stderr.read()
    assert not (tui_mail.home / "demo").exists()


async def test_the_stage_fills_an_engine_and_leaves_nothing_behind() -> None:
    stage = Stage()
    try:
        engine = await stage.start()
        assert len(await engine.reading.accounts()) == 3
        async with asyncio.timeout(30):
            async for _ in engine.events():
                if len((await engine.reading.entries(RoleView(Role.INBOX), limit=10))[0]) == 10:
                    break
    finally:
        await stage.stop()
    assert not stage.home.data_dir.exists()


async def test_a_stage_that_was_never_set_is_struck_all_the_same() -> None:
    await Stage().stop()


@pytest.mark.parametrize("words", [["demo"]])
def test_the_screen_opens_on_it_and_closes_without_a_trace(
    tui_mail: Command, tmp_path: Path, words: list[str]
) -> None:
    rubbish = tmp_path / "tmp"
    rubbish.mkdir()
    environment = tui_mail.environment(TERM="xterm-256color", TMPDIR=str(rubbish), COLUMNS="120", LINES="40")
    del environment["PYTHONWARNINGS"]
    code, shown = on_a_terminal([sys.executable, "-m", "tui_mail", *words], environment, [("Inbox", QUIT)])
    assert code == 0, shown[-2_000:]
    assert "Inbox" in shown
    assert list(tui_mail.home.iterdir()) == []
    assert os.listdir(rubbish) == []
