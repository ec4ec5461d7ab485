"""Files that outlive a power cut: written beside their place, on the disk, then put there by one rename.

Folders are 0700, files 0600 and never half there. A name that begins with a dot is one that was not finished.
"""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from tui_mail.model.errors import StoreError, StoreFull
from tui_mail.model.safe_text import safe_text
from tui_mail.store.failures import unwritable


def make_folder(folder: Path) -> None:
    """Make a folder for nobody else to look into, where there is none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise in_words(error, folder) from error


def write(path: Path, content: bytes) -> None:
    """Write a file, so that it is whole and on the disk when this returns; raises StoreFull."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise in_words(error, path) from error


def read(path: Path) -> bytes:
    """Return what a file holds; raises StoreError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{safe_text(str(path))} cannot be read ({error.strerror or error})",
            hint="It lies in the folder of tui-mail's data, which nothing else should touch",
        ) from error


def remove(path: Path) -> None:
    """Remove a file, if it is there; that it comes back after a power cut harms nobody."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Put the names that a folder holds on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def in_words(error: OSError, path: Path) -> StoreFull:
    """Return what to raise instead of a failure to write a file."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(
            f"There is no room left to write {safe_text(str(path))}", hint="Free some space on that disk"
        )
    return unwritable(path, error.strerror or str(error))
