"""Keyring backends for tests: real classes for keyring's API, each with one habit."""

# ruff: noqa: ARG002  # the signatures are keyring's

import threading
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

KEPT: dict[tuple[str, str], str] = {}


class Remembering(KeyringBackend):
    """Keeps everything in memory, in entries of at most 1,280 characters as on Windows."""

    priority: ClassVar[float] = 1

    def get_password(self, service: str, username: str) -> str | None:
        return KEPT.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > 1_280:
            raise OverflowError(password)
        KEPT[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if KEPT.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


class Lying(Remembering):
    """Gives back something else than it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        kept = super().get_password(service, username)
        return kept and kept[:-1] + "?"


class Hanging(Remembering):
    """Waits for a prompt that nobody sees."""

    def get_password(self, service: str, username: str) -> str | None:
        threading.Event().wait()
        return super().get_password(service, username)


class Locked(Remembering):
    """Is locked, and quotes the secret in its error."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Prompt dismissed..")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(password)


class Talkative(Remembering):
    """Fails to write and quotes the secret in its error."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"cannot store {password}")
