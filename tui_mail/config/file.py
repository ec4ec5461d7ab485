"""The configuration file: read whole, written by small edits that keep every comment.

The rule: what cannot be used is refused with every problem at once, and a write never leaves a file that a
read would refuse. Written beside and renamed, 0600, so that a crash leaves the old file or the new one.
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.config.paths import refuse_open_to_others
from tui_mail.config.schema import Config, Problem, examine
from tui_mail.model.account import Account
from tui_mail.model.errors import ConfigError
from tui_mail.model.identity import Identity
from tui_mail.model.safe_text import safe_text

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_PLAIN = (
    "name", "password_command", "token_command", "ca_file", "keep_days", "compress", "signature", "sent_copy",
)  # fmt: skip
"""Keys of an account that are written as they are."""


def load(path: Path) -> Config:
    """Return the configuration in `path`, empty where there is no file; ConfigError names every problem."""
    config, problems = check(path)
    if problems:
        raise ConfigError("\n".join(map(str, problems)), hint=f"edit {path}, then: tui-mail config check")
    return config


def check(path: Path) -> tuple[Config, tuple[Problem, ...]]:
    """Return what is sound in `path` and all its problems; ConfigError only where it cannot be read."""
    text = _read(path)
    return examine(_parsed(text, path), text, path)


def add_account(path: Path, account: Account) -> None:
    """Write `account` as a new table at the end of `path`, which is made where there is none."""
    if any(known.key == account.key for known in load(path).accounts):
        raise ConfigError(f"There is an account “{account.key}” already", hint="choose another --key")
    _write(path, _read(path).rstrip("\n") + "\n\n" + _table(account))


def remove_account(path: Path, key: str) -> None:
    """Take the table of the account `key` out of `path`."""

    def remove(document: "TOMLDocument") -> None:
        accounts = document.get("account", {})
        if key not in accounts:
            raise ConfigError(f"There is no account “{key}” in {path}")
        del accounts[key]

    _edit(path, remove)


def set_setting(path: Path, key: str, value: object) -> None:
    """Write one value of `[settings]`; None takes the key out, so that the default holds again."""

    def change(document: "TOMLDocument") -> None:
        settings = document.setdefault("settings", {})
        if value is None:
            settings.pop(key, None)
        else:
            settings[key] = str(value) if isinstance(value, str) else value

    _edit(path, change)


def _table(account: Account) -> str:
    # 5 ms of every start: only a write needs tomlkit
    import tomlkit

    table = tomlkit.table()
    table["email"] = account.email
    if account.username != account.email:
        table["username"] = account.username
    for name in _PLAIN:
        _put(table, account, name)
    for name, server in (("imap", account.imap), ("smtp", account.smtp)):
        if server is not None:
            place = tomlkit.inline_table()
            place.update({"host": server.host, "port": server.port, "security": str(server.security)})
            table[name] = place
    if account.identities:
        table["identity"] = tomlkit.aot()
    for identity in account.identities:
        one = tomlkit.table()
        for key in identity.__dataclass_fields__:
            _put(one, identity, key)
        table["identity"].append(one)
    document = tomlkit.document()
    document["account"] = tomlkit.table(is_super_table=True).append(account.key, table)
    return tomlkit.dumps(document)


def _put(table: "Table", value: Account | Identity, name: str) -> None:
    """Write one field, unless it is what holds without being written."""
    written = getattr(value, name)
    if written != value.__dataclass_fields__[name].default and written != "":
        kept = list(written) if isinstance(written, tuple) else written
        table[name] = str(kept) if isinstance(kept, str | Path) else kept


def _edit(path: Path, change: Callable[["TOMLDocument"], None]) -> None:
    # 5 ms of every start: only a write needs tomlkit
    import tomlkit

    text = _read(path)
    _parsed(text, path)
    document = tomlkit.parse(text)
    change(document)
    _write(path, tomlkit.dumps(document))


def _write(path: Path, text: str) -> None:
    """Put `text` in the place of the file at `path`, provided that it reads without a problem."""
    text = text.lstrip("\n")
    _, problems = examine(_parsed(text, path), text, path)
    if problems:
        raise ConfigError("\n".join(map(str, problems)), hint=f"{path} was left as it is")
    real = Path(os.path.realpath(path))
    try:
        real.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, beside = tempfile.mkstemp(prefix=".config-", suffix=".new", dir=real.parent)
        try:
            with open(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(real)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _read(path: Path) -> str:
    try:
        refuse_open_to_others(path)
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: this is not UTF-8 text", hint="save the file as UTF-8") from None


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_damage(str(error), text, path), hint="the form of the file is TOML") from None


def _damage(message: str, text: str, path: Path) -> str:
    """Say where TOML is damaged; tomllib's own words stay, without the text it stumbled over."""
    place = _PLACE.search(message)
    line, column = (place[1], place[2]) if place else (None, None)
    if line is None:
        line, column = str(text.count("\n") + 1), str(len(text) - text.rfind("\n"))
    words = safe_text(message[: place.start()] if place else message, 200)
    return f"{path}:{line}:{column}: this is not TOML: {words[:1].lower()}{words[1:]}"
