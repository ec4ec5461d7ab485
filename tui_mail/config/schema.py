"""Reads a configuration, and tells every problem of a text at once.

Each value is converted by `msgspec` on its own, so that a complaint names its key; the sentence comes from
the tables and never repeats the value, which may be a secret in the wrong place.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec

from tui_mail.config import positions
from tui_mail.config.tables import (
    ACCOUNT,
    IDENTITY,
    IMAP_PORT,
    NOTIFY,
    SERVER,
    SETTINGS,
    SMTP_PORT,
    TOP,
    AccountKey,
    Key,
    Name,
)
from tui_mail.model.account import Account, Compression, Security, Server
from tui_mail.model.identity import Identity, SentCopy
from tui_mail.model.safe_text import safe_identity
from tui_mail.model.settings import Notify, Quiet, Settings

SECRET_NAMES = frozenset({"password", "pass", "passwd", "pwd", "passphrase", "secret", "token"})
NO_SECRETS = (
    "passwords do not belong in this file, which gets copied and backed up; remove it here, change it if "
    "others have seen the file, and use password_command, or the keyring by “tui-mail account add”"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in the file that cannot be used."""

    file: Path
    line: int
    """From 1; 0 where no line can be named."""
    key: str
    """With its tables, dotted; "" for the file as a whole."""
    sentence: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return ": ".join(filter(None, (place, self.key, self.sentence)))


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration: accounts in the order of the file, and settings."""

    accounts: tuple[Account, ...] = ()
    settings: Settings = field(default_factory=Settings)


def examine(document: Mapping[str, Any], text: str, file: Path) -> tuple[Config, tuple[Problem, ...]]:
    """Return what is sound of `document`, parsed from `text`, and every problem in the order of lines."""
    examination = _Examination(text, file)
    config = examination.config(document)
    return config, tuple(sorted(examination.problems, key=lambda problem: problem.line))


class _Examination:
    def __init__(self, text: str, file: Path) -> None:
        self.file = file
        self.lines = positions.positions(text)
        self.problems: list[Problem] = []

    def config(self, document: Mapping[str, Any]) -> Config:
        top = self.table((), document, TOP)
        accounts = [self.account(key, value) for key, value in top.get("account", {}).items()]
        self.alike(top.get("account", {}))
        settings = self.table(("settings",), top.get("settings", {}), SETTINGS)
        keys = {
            command: keys
            for command, value in top.get("keys", {}).items()
            if (
                keys := self.value(("keys", command), value, Key(Name, "keys in quotes, separated by commas"))
            )
            is not None
        }
        notify = self.notify(top.get("notify", {}))
        return Config(tuple(filter(None, accounts)), Settings(**settings, keys=keys, notify=notify))

    def notify(self, value: Mapping[str, Any]) -> Notify:
        found = self.table(("notify",), value, NOTIFY)
        if hours := found.pop("quiet", ""):
            start, end = (60 * int(h) + int(m) for h, m in (time.split(":") for time in hours.split("-")))
            found["quiet"] = Quiet(start, end)
        return Notify(**found)

    def account(self, key: str, value: object) -> Account | None:
        at = ("account", key)
        sound = self.value(at, key, Key(AccountKey, "named with letters, digits, “-” and “_”, 40 at most"))
        if not isinstance(value, dict):
            self.complain(at, "must be a table such as [account.work]")
            return None
        found = self.table(at, value, ACCOUNT)
        imap = self.server((*at, "imap"), found.pop("imap", None), IMAP_PORT)
        smtp = self.server((*at, "smtp"), found.pop("smtp", None), SMTP_PORT)
        identities = self.identities((*at, "identity"), found.pop("identity", []))
        email = found.get("email")
        if "password_command" in found and "token_command" in found:
            self.complain(
                (*at, "token_command"), "stands beside password_command; an account needs one of them"
            )
        if sound is None or email is None or imap is None:
            return None
        ca_file = found.pop("ca_file", None)
        return Account(
            key=key,
            email=email,
            name=found.get("name", ""),
            imap=imap,
            username=found.get("username") or email,
            password_command=found.get("password_command"),
            token_command=found.get("token_command"),
            ca_file=self.file.parent / Path(ca_file).expanduser() if ca_file else None,
            keep_days=found.get("keep_days", Account.__dataclass_fields__["keep_days"].default),
            compress=found.get("compress", Compression.AUTO),
            smtp=smtp,
            identities=identities,
            signature=found.get("signature", ""),
            sent_copy=found.get("sent_copy", SentCopy.AUTO),
        )

    def identities(self, at: positions.Path, tables: Sequence[Mapping[str, Any]]) -> tuple[Identity, ...]:
        sound = []
        for place, value in enumerate(tables):
            found = self.table((*at, place + 1), value, IDENTITY)
            if "address" in found:
                sound.append(Identity(**found))
        return tuple(sound)

    def server(
        self, at: positions.Path, value: Mapping[str, Any] | None, ports: Mapping[Security, int]
    ) -> Server | None:
        if value is None:
            return None
        found = self.table(at, value, SERVER)
        if "host" not in found:
            return None
        security = found.get("security", Security.TLS)
        if security is Security.NONE and not is_loopback(found["host"]):
            self.complain(
                (*at, "security"),
                '"none" would send the password in clear, so it is accepted for this machine only '
                '(127.0.0.1); use "tls" or "starttls"',
            )
            return None
        return Server(found["host"], found.get("port", ports[security]), security)

    def alike(self, keys: Iterable[str]) -> None:
        """Complain about names that environment variables and the keyring could not tell apart."""
        seen: dict[str, str] = {}
        for key in keys:
            other = seen.setdefault(key.casefold().replace("-", "_"), key)
            if other != key:
                self.complain(("account", key), f"is too much like account.{other}; give one another name")

    def table(self, at: positions.Path, value: Mapping[str, Any], keys: Mapping[str, Key]) -> dict[str, Any]:
        """Return the sound values of a table; complain about the others, the unknown and the missing."""
        found = {}
        for name, item in value.items():
            if name not in keys:
                self.unknown((*at, name), keys)
            elif (sound := self.value((*at, name), item, keys[name])) is not None:
                found[name] = sound
        for name, key in keys.items():
            if key.required and name not in value:
                self.complain(at, f"lacks “{name}”: {key.rule}")
        return found

    def value(self, at: positions.Path, value: object, key: Key) -> Any:
        try:
            return msgspec.convert(value, key.type)
        except msgspec.ValidationError:
            self.complain(at, f"must be {key.rule}{_nearest(value, key.type)}")
            return None

    def unknown(self, at: positions.Path, keys: Mapping[str, Key]) -> None:
        name = str(at[-1])
        if name.casefold() in SECRET_NAMES:
            self.complain(at, NO_SECRETS)
            return
        self.complain(at, f"is not known{did_you_mean(name, keys) or '; known are ' + ', '.join(keys)}")

    def complain(self, at: positions.Path, sentence: str) -> None:
        line = next((self.lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in self.lines), 0)
        self.problems.append(Problem(self.file, line, safe_identity(".".join(map(str, at)), 120), sentence))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean “…”?" with the known word nearest to `word`, or ""."""
    near = difflib.get_close_matches(word.casefold(), list(known), 1, 0.6)
    return f"; did you mean “{near[0]}”?" if near else ""


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine, without asking any resolver."""
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _nearest(value: object, kind: Any) -> str:
    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, StrEnum):
        return did_you_mean(value, kind)
    return ""
