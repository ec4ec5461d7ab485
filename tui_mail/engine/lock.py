"""One process at a time talks to the servers for a data directory."""

import fcntl
import os
from pathlib import Path

from tui_mail.model.errors import StoreBusy, StoreError


class DirectoryLock:
    """A lock on a data directory; the system frees it when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        path = directory / "lock"
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreBusy(
                "Another tui-mail is already running on this mail",
                hint="Use that one, or close it first; tui-mail list and show work beside it",
            ) from error

    def release(self) -> None:
        """Let another process talk to the servers."""
        os.close(self._file)
