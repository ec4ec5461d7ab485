"""Asking the desktop to announce new mail: a program of the system's, where one is there and near.

No shell; what mail says is an operand behind `--`, or standard input, never an option. Importing it loads no
Textual, so that a command line can announce too.
"""

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from tui_mail.model.safe_text import SafeText

LIMIT = 5.0
"""Seconds that the program may take."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """A program that announces."""

    path: str
    operands: bool
    """True: heading and text are its operands; False: it reads them."""

    def argv(self, heading: SafeText, text: SafeText) -> list[str]:
        """Return the words of its call."""
        if not self.operands:
            return [self.path, "-title", "tui-mail", "-group", "tui-mail"]
        return [
            *(self.path, "--app-name=tui-mail", "--icon=mail-unread", "--category=email.arrived", "--"),
            *(heading, _unmarked(text)),
        ]

    async def say(self, heading: SafeText, text: SafeText) -> bool:
        """Announce; False where it did not work."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.argv(heading, text),
                stdin=asyncio.subprocess.PIPE if not self.operands else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(LIMIT):
                await process.communicate(None if self.operands else f"{heading}\n{text}".encode())
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return process.returncode == 0


def notifier(
    environment: Mapping[str, str],
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> Notifier | None:
    """Return what announces on this desktop; None over SSH, without a desktop, or without a program."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return None
    if platform == "darwin":
        found = which("terminal-notifier")
        return Notifier(found, operands=False) if found else None
    if not (environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY")):
        return None
    found = which("notify-send")
    return Notifier(found, operands=True) if found else None


def _unmarked(text: SafeText) -> str:
    """Return text that a desktop which reads the body as markup shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
