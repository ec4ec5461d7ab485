"""Links: their true host, and opening one in the browser, which happens only after the user chose so."""

import asyncio
import os
import shlex
import shutil
import sys
from urllib.parse import urlsplit

from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import SafeText, safe_identity

SCHEMES = ("http", "https", "mailto")


def host(link: SafeText) -> SafeText:
    """Return where a link really leads: its host, without user names put in front of it."""
    try:
        parts = urlsplit(link)
        return safe_identity(parts.hostname or parts.path)
    except ValueError:
        return SafeText("unclear")


def browser() -> list[str]:
    """Return the program that opens links, with its arguments; [] where there is none."""
    if wanted := os.environ.get("BROWSER"):
        return shlex.split(wanted.split(os.pathsep)[0])
    program = "open" if sys.platform == "darwin" else "xdg-open"
    return [program] if shutil.which(program) else []


async def open_in_browser(link: SafeText) -> None:
    """Hand a link to the browser as one argument, without a shell."""
    program = browser()
    if not program or urlsplit(link).scheme.lower() not in SCHEMES:
        raise MailError("There is nothing here that opens this link")
    arguments = [part.replace("%s", link) for part in program]
    if arguments == program:
        arguments.append(link)
    silent = asyncio.subprocess.DEVNULL
    try:
        await asyncio.create_subprocess_exec(
            *arguments, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
    except OSError as error:
        raise MailError(f"{program[0]} could not be started: {error.strerror}") from error
