"""Checks of the program's surroundings: versions, places, configuration, offline copy, keyring.

It changes nothing but a dummy entry in the keyring, which it removes, and asks no server.
"""

import asyncio
import platform
import shlex
import stat
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tui_mail.config import file
from tui_mail.config.paths import Home, readable_by_others, refuse_open_to_others
from tui_mail.config.schema import Config
from tui_mail.config.secrets import Secrets
from tui_mail.model.account import Account
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.net.tls import where
from tui_mail.store import checkup
from tui_mail.store.failures import REPAIR


class Health(Enum):
    """How a check came out."""

    GOOD = "good"
    NOTE = "note"
    """Works, but somebody may want to change it."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    health: Health
    text: SafeText
    hint: str = ""
    """What a person can do about it."""


async def examine(home: Home, secrets: Secrets) -> list[Finding]:
    """Make every check and return what each found; none of them raises."""
    config, configuration = _configuration(home)
    return [
        *_versions(),
        *(_place(folder) for folder in home.folders),
        configuration,
        await _database(home.database),
        await _keyring(config, secrets),
        *map(_sending, config.accounts),
    ]


def _versions() -> list[Finding]:
    return [
        _good("python", platform.python_version()),
        _good("sqlite", checkup.sqlite_version()),
        *(_good(name, _version(name)) for name in ("tui-mail", "textual", "keyring")),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"


def _place(folder: Path) -> Finding:
    if not folder.exists():
        return _good("folder", f"{folder} is made when it is needed")
    try:
        refuse_open_to_others(folder)
    except ConfigError as error:
        return Finding("folder", Health.BAD, safe_text(str(error)), error.hint)
    mode = f"{folder} ({stat.S_IMODE(folder.stat().st_mode):04o})"
    if readable_by_others(folder):
        hint = f"others may look into it: chmod go-rwx {shlex.quote(str(folder))}"
        return Finding("folder", Health.NOTE, safe_text(mode), hint)
    return _good("folder", mode)


def _configuration(home: Home) -> tuple[Config, Finding]:
    place = home.config_file
    try:
        config, problems = file.check(place)
    except ConfigError as error:
        return Config(), Finding("config", Health.BAD, safe_text(str(error)), error.hint)
    if problems:
        text = f"{problems[0]}" + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")
        return config, Finding("config", Health.BAD, safe_text(text), "tui-mail config check tells all")
    keys = ", ".join(account.key for account in config.accounts)
    return config, _good("config", f"{place}; " + (f"accounts: {keys}" if keys else "no account yet"))


async def _database(path: Path) -> Finding:
    try:
        found = await asyncio.to_thread(checkup.check, path)
    except MailError as error:
        return Finding("database", Health.BAD, safe_text(str(error)), error.hint)
    if found is None:
        return _good("database", f"{path} is made by the first sync")
    if found.damage:
        text = safe_text(f"{path} is damaged: {found.damage[0]}")
        return Finding("database", Health.BAD, text, REPAIR)
    size = f"{found.size / 1e6:.1f} MB, of it {found.cached / 1e6:.1f} MB that servers can give again"
    return _good("database", f"{path} is sound; schema {found.schema}, {size}")


async def _keyring(config: Config, secrets: Secrets) -> Finding:
    facts = await secrets.keychain.facts()
    backend = f"{facts.backend} (priority {facts.priority:g}{', named by you' if facts.named else ''}): "
    text = safe_text((backend if facts.backend else "") + facts.sentence)
    if facts.sound:
        return _good("keyring", text)
    needing = [a.key for a in config.accounts if not a.has_command and not secrets.given(a)]
    if not needing:
        return Finding("keyring", Health.NOTE, text, "no account needs it now")
    return Finding("keyring", Health.BAD, text, f"needed by {', '.join(needing)}: {facts.hint}")


def _sending(account: Account) -> Finding:
    """Tell where the letters of an account leave; whether they can is for its test, which asks the server."""
    if account.smtp is None:
        hint = f'smtp = {{ host = "…" }} in [account.{account.key}] says where they leave'
        return Finding("sending", Health.NOTE, safe_text(f"{account.key}: it can be read only"), hint)
    place = f"{account.key}: letters leave by {where(account.smtp)} ({account.smtp.security})"
    return Finding(
        "sending", Health.GOOD, safe_text(place), f"to try it: tui-mail account test {account.key}"
    )


def _good(check: str, text: str) -> Finding:
    return Finding(check, Health.GOOD, safe_text(text))
