"""The command line and composition root: configuration → engine → screen or lines on stdout.

stdout is data, stderr are notes. An error is one sentence and a hint, never a traceback. Exit 0 = done,
1 = an error, 2 = a wrong call or no terminal for the screen, 130 = Ctrl-C; a closed pipe ends in silence.
"""

import importlib
import os
from collections.abc import Sequence

from tui_mail.cli import output
from tui_mail.cli.arguments import Arguments, parse
from tui_mail.model.errors import MailError

INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell says of a program that SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.umask(0o077)
    output.prepare()
    call = parse(arguments)
    try:
        return _sentence_for_errors(call)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        output.silence()
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001  # the program's top: the log has the rest
        return _unexpected(call, error)


def _sentence_for_errors(call: Arguments) -> int:
    try:
        code = _command(call)
        output.flush()
    except MailError as error:
        output.complain(error)
        return 1
    return code


def _command(call: Arguments) -> int:
    # --help needs 25 ms, the engine 70 and the screen 95 more: each command loads only its own
    module = importlib.import_module(f"tui_mail.cli.{call.module}")
    code: int = getattr(module, call.function)(call)
    return code


def _unexpected(call: Arguments, error: Exception) -> int:
    # 15 ms: only a program that failed needs the log here
    from tui_mail.cli import log

    place = log.record(call, error)
    where = f"details are in {place}" if place else "the log cannot be written"
    output.note(f"tui-mail: Something unexpected happened ({type(error).__name__}); {where}")
    return 1
