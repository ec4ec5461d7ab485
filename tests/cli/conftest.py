"""The real command in a process of its own, with a home of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests.servers.mailbox import Mailbox
from tui_mail.model.account import Security

ROOT = Path(__file__).parents[2]

LIMIT = 30.0
"""Seconds after which a condition that never comes true fails its test."""


@dataclass(frozen=True)
class Command:
    """`tui-mail` as a user without a terminal runs it."""

    home: Path

    @property
    def config_file(self) -> Path:
        return self.home / "config" / "tui-mail" / "config.toml"

    @property
    def database(self) -> Path:
        return self.home / "data" / "tui-mail" / "mail.db"

    @property
    def log_file(self) -> Path:
        return self.home / "state" / "tui-mail" / "tui-mail.log"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        places = {
            f"XDG_{kind.upper()}_HOME": str(self.home / kind) for kind in ("config", "data", "cache", "state")
        }
        return {
            **kept,
            **places,
            "HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "TZ": "UTC",
            "PYTHONWARNINGS": "error",
            **more,
        }

    def write_config(self, text: str) -> None:
        self.config_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.config_file.write_text(text, "utf-8")
        self.config_file.chmod(0o600)

    def __call__(
        self, *words: str, input: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "tui_mail", *words],
            input=input,
            env=self.environment(**environment),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )


@pytest.fixture
def tui_mail(tmp_path: Path) -> Command:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return Command(home)


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[IMAPClient]:
    """A second device on the same mailbox: an independent client."""
    place = mailbox.server(Security.NONE)
    with IMAPClient(place.host, place.port, ssl=False) as client:
        client.login(mailbox.username, mailbox.password)
        yield client


def until(true: Callable[[], bool]) -> None:
    """Ask again and again until something holds."""
    limit = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < limit, "it never came true"
