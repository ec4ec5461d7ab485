"""The commands that a user writes into the configuration: they print a password or an access token.

A list is executed, a string goes to the shell: the one place where a shell runs, on the user's own words
only. No input, a session of its own, and the first line is the secret; it never enters an error.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress

from tui_mail.config.thread import in_thread
from tui_mail.model.errors import SecretError
from tui_mail.model.safe_text import safe_text

LIMIT = 30.0
"""Seconds until a password command is ended: it may wait for a touch of a hardware key."""
TOKEN_LIMIT = 10.0
"""Seconds until a token command is ended: it asks a server at most."""


async def first_line(command: str | tuple[str, ...], limit: float = LIMIT, what: str = "password") -> str:
    """Return the first line that `command` prints, a `what`; SecretError says why there is none."""
    status, output, complaint = await in_thread(lambda: _run(command, limit, what), limit + 5.0)
    if status != 0:
        raise SecretError(
            f"The {what} command ended with status {status}{_quoted(complaint)}",
            hint="run it in a terminal to see what it needs",
        )
    line = output.split(b"\n", 1)[0].removesuffix(b"\r")
    if not line:
        raise SecretError(f"The {what} command printed nothing", hint=f"its first line must be the {what}")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretError(f"The {what} command printed something that is not UTF-8 text") from None


def _run(command: str | tuple[str, ...], limit: float, what: str) -> tuple[int, bytes, bytes]:
    try:
        process = subprocess.Popen(  # noqa: S603  # the user's own command, as the configuration promises
            command,
            shell=isinstance(command, str),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise SecretError(
            f"The {what} command cannot be run: {error.strerror}", hint=f"check {what}_command"
        ) from None
    with process:
        try:
            output, complaint = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            _end(process)
            raise SecretError(
                f"The {what} command did not end within {limit:g} seconds",
                hint="run it in a terminal to see what it waits for",
            ) from None
    return process.returncode, output, complaint


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the command with all that it started, and let go of its pipes."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _quoted(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return f": “{safe_text(lines[-1], 200)}”" if lines else ""
