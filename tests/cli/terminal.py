"""A command on a terminal of its own."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Sequence

LIMIT = 30.0

CONTROLLED = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the one whose Ctrl-C the command hears, then becomes the command."""


def on_a_terminal(
    command: list[str], environment: dict[str, str], answers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """Run a command, type each answer once its question is shown; return exit code and all that was shown."""
    main, terminal = pty.openpty()
    waiting = list(answers)
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", CONTROLLED, *command],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        while piece := _piece(main):
            shown += piece
            if waiting and waiting[0][0].encode() in shown:
                os.write(main, waiting.pop(0)[1].encode())
        os.close(main)
        return process.wait(LIMIT), shown.decode("utf-8", "replace")


def _piece(main: int) -> bytes:
    if not select.select([main], [], [], LIMIT)[0]:
        return b""
    try:
        return os.read(main, 65_536)
    except OSError:
        return b""
