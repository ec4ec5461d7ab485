"""The system's keyring, as far as it can be trusted to keep a secret.

Only backends known to encrypt are used, unless the user named one; never one that writes plain text. Every
call runs in a thread under a limit, since a locked keyring may wait for a prompt that nobody sees. A value
is kept in parts of 1,000 characters (one backend holds 1,280) with count and hash, and is read back after
writing. No error carries what a backend raised: that may quote the secret.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tui_mail.config.thread import in_thread
from tui_mail.model.errors import SecretError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

LIMIT = 10.0
"""Seconds for one call into a backend."""

PART = 1_000
"""Characters in one entry of the keyring."""

_HEAD = "tui-mail"
_TRUSTED = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyring.backends.chainer", "keyrings.alt")
_INSTEAD = "use password_command, or type the password in each run"


@dataclass(frozen=True, slots=True)
class KeychainFacts:
    """What `doctor` tells of the keyring."""

    backend: str
    """Module and class of the backend; "" = none can be used."""
    priority: float
    named: bool
    """The user chose it (PYTHON_KEYRING_BACKEND or keyringrc.cfg)."""
    sentence: str
    """The outcome of keeping, reading and removing a dummy entry."""
    sound: bool
    hint: str = ""


class Keychain:
    """Entries of one service in the keyring; each call may raise SecretError in words."""

    def __init__(self, service: str, limit: float = LIMIT) -> None:
        self._service = service
        self._limit = limit
        self._turn = asyncio.Lock()
        self._abandoned = False

    async def read(self, name: str) -> str | None:
        """Return the secret kept under `name`; None where there is none or no keyring at all."""
        return await self._call(lambda: _read(self._service, name))

    async def keep(self, name: str, secret: str) -> None:
        """Keep `secret` under `name` and read it back."""
        await self._call(lambda: _keep(self._service, name, secret))
        if await self.read(name) != secret:
            await self.erase(name)
            raise SecretError("The keyring did not give back what it was given to keep", hint=_INSTEAD)

    async def erase(self, name: str) -> None:
        """Remove what is kept under `name`, if anything."""
        await self._call(lambda: _erase(self._service, name))

    async def facts(self) -> KeychainFacts:
        """Keep, read and remove a dummy entry, and tell what came of it."""
        name, priority, named = "", 0.0, False
        try:
            found = await self._call(_described)
            if found is None:
                return KeychainFacts("", 0.0, False, "There is no keyring", False, _INSTEAD)
            name, priority, named = found
            await self.keep("doctor/dummy", "a dummy, safe to remove")
            await self.erase("doctor/dummy")
        except SecretError as error:
            return KeychainFacts(name, priority, named, str(error), False, error.hint)
        return KeychainFacts(name, priority, named, "A dummy entry was kept, read and removed", True)

    async def _call(self, call: Callable[[], T]) -> T:
        async with self._turn:
            if self._abandoned:
                raise self._silent()
            try:
                return await in_thread(call, self._limit)
            except TimeoutError:
                self._abandoned = True
                raise self._silent() from None
            except SecretError:
                raise
            except Exception as error:  # noqa: BLE001  # backends raise what they like; translated here
                raise _translated(error) from None

    def _silent(self) -> SecretError:
        return SecretError(
            f"The keyring did not answer within {self._limit:g} seconds",
            hint=f"look for its prompt on another screen and unlock it, or {_INSTEAD}",
        )


def _translated(error: Exception) -> SecretError:
    kind = type(error).__name__
    if kind in ("KeyringLocked", "InitError"):
        return SecretError("The keyring is locked", hint=f"unlock it, or {_INSTEAD}")
    return SecretError(f"The keyring failed ({kind})", hint=_INSTEAD)


def _backend() -> "tuple[KeyringBackend, bool] | None":
    """Choose a backend: the one the user named, else the best of those known to encrypt."""
    # 20 ms, and up to a second where many packages are installed: only in a thread, when a secret is needed
    from keyring import backend, core

    named = os.environ.get("PYTHON_KEYRING_BACKEND") or core.load_config()
    if named:
        chosen = core.get_keyring()
        return None if _module(chosen).startswith(_REFUSED) else (chosen, True)
    trusted = [each for each in backend.get_all_keyring() if _module(each) in _TRUSTED]
    return (max(trusted, key=lambda each: each.priority), False) if trusted else None


def _module(backend: "KeyringBackend") -> str:
    return type(backend).__module__


def _described() -> tuple[str, float, bool] | None:
    found = _backend()
    if found is None:
        return None
    backend, named = found
    return f"{_module(backend)}.{type(backend).__qualname__}", float(backend.priority), named


def _head(secret: str, count: int) -> str:
    return f"{_HEAD} 1 {count} {hashlib.sha256(secret.encode()).hexdigest()}"


def _count(entry: str) -> int:
    """Return how many parts belong to a first entry; one that another tool wrote stands alone."""
    words = entry.split("\n", 1)[0].split(" ")
    return int(words[2]) if len(words) == 4 and words[:2] == [_HEAD, "1"] and words[2].isdecimal() else 1


def _part(name: str, number: int) -> str:
    return name if number == 1 else f"{name}/{number}"


def _read(service: str, name: str) -> str | None:
    found = _backend()
    first = found[0].get_password(service, name) if found else None
    if found is None or first is None:
        return None
    head, newline, secret = first.partition("\n")
    if not newline or not head.startswith(f"{_HEAD} 1 "):
        return first
    count = _count(first)
    for number in range(2, count + 1):
        secret += found[0].get_password(service, _part(name, number)) or ""
    return secret if _head(secret, count) == head else None


def _keep(service: str, name: str, secret: str) -> None:
    found = _backend()
    if found is None:
        raise SecretError("There is no keyring that could keep the password", hint=_INSTEAD)
    _erase(service, name)
    parts = [secret[at : at + PART] for at in range(0, len(secret), PART)] or [""]
    # the first part goes last: whatever stops this in between leaves no entry that reads as whole
    for number in range(len(parts), 1, -1):
        found[0].set_password(service, _part(name, number), parts[number - 1])
    found[0].set_password(service, name, f"{_head(secret, len(parts))}\n{parts[0]}")


def _erase(service: str, name: str) -> None:
    found = _backend()
    first = found[0].get_password(service, name) if found else None
    if found is None or first is None:
        return
    for number in range(_count(first), 0, -1):
        if found[0].get_password(service, _part(name, number)) is not None:
            found[0].delete_password(service, _part(name, number))
