"""Saving attachments: never over a file that is there, readable by its owner only."""

import asyncio
import os
from pathlib import Path

from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import safe_text


def folder() -> Path:
    """Return where things are saved unless the user says otherwise."""
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else Path.cwd()


async def save(content: bytes, path: str) -> Path:
    """Write a new file, numbered if its name is taken, and return where it is; `~` is the home folder."""
    try:
        return await asyncio.to_thread(_write, content, Path(path))
    except OSError as error:
        raise MailError(safe_text(f"Could not save {path}: {error.strerror}")) from error


def _write(content: bytes, path: Path) -> Path:
    path = path.expanduser()
    if path.is_dir():
        path = path / "attachment"
    number = 1
    while True:
        free = path if number == 1 else path.with_stem(f"{path.stem} ({number})")
        try:
            handle = os.open(free, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            number += 1
            continue
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        return free
