"""The log: warnings and errors in the state folder, five files of a megabyte.

A traceback tells frames and types, never locals. What an exception says is left out unless it is one of our
own sentences, the system's, or a programming error's: others quote values, and a value may be a secret.
"""

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from tui_mail.cli.arguments import Arguments
from tui_mail.config.paths import user_home
from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import safe_text

Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_TELLING = (MailError, OSError, AttributeError, ImportError, NameError, NotImplementedError, TypeError)


class Discreet(logging.Formatter):
    """One line a record; exceptions without what they may quote."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """Return the line of a record, safe for a terminal."""
        return safe_text(super().formatMessage(record))

    def formatException(self, raised: Raised) -> str:  # noqa: N802  # logging's name
        """Return frames and types of an exception and of those it came from."""
        return "" if raised[1] is None else "".join(_told(raised[1])).rstrip("\n")


def _told(error: BaseException) -> list[str]:
    lines = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        lines = [*_told(before), "  … which led to:\n"]
    words = f": {safe_text(str(error))}" if isinstance(error, _TELLING) else ""
    return [*lines, *traceback.format_tb(error.__traceback__), f"{type(error).__name__}{words}\n"]


def begin(file: Path) -> None:
    """Write warnings and errors of the whole program to `file`, beginning with the first of them."""
    logging.raiseExceptions = False  # a full disk must not put tracebacks on the screen
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=4, encoding="utf-8", delay=True)
    handler.setFormatter(Discreet())
    root = logging.getLogger()
    for other in root.handlers[:]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def record(call: Arguments, error: Exception) -> Path | None:
    """Write an unexpected exception to the log and return where; None where it cannot be written."""
    try:
        home = user_home(call.profile, Path(call.config) if call.config else None)
        home.prepare()
        begin(home.log_file)
        logging.getLogger("tui_mail").error("The program ended", exc_info=error)
    except (MailError, OSError):
        return None
    return home.log_file if home.log_file.exists() else None
