"""One process at a time talks to the servers for a data directory."""

import fcntl
import os
import time
from pathlib import Path

from tui_mail.model.errors import StoreBusy, StoreError

TRIES = 50
"""How often the lock is tried again, a millisecond apart, while others only look whether it is held."""


class DirectoryLock:
    """A lock on a data directory; the system frees it when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        self._file = _open(directory)
        if not _taken(self._file):
            os.close(self._file)
            raise StoreBusy(
                "Another tui-mail is already running on this mail",
                hint="Use that one, or close it first; everything but sync works beside it",
            )

    def release(self) -> None:
        """Let another process talk to the servers."""
        os.close(self._file)


def is_held(directory: Path) -> bool:
    """Tell whether a process talks to the servers for a data directory."""
    file = _open(directory)
    try:
        return not _locked(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _open(directory: Path) -> int:
    path = directory / "lock"
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error


def _taken(file: int) -> bool:
    """Take the lock; what is shared with others is no holder's, and free again in a moment."""
    for _ in range(TRIES):
        if _locked(file, fcntl.LOCK_EX):
            return True
        if not _locked(file, fcntl.LOCK_SH):
            return False
        time.sleep(0.001)
    return False


def _locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
