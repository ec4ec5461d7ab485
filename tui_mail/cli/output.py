"""Lines on stdout and stderr."""

import json
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from tui_mail.model.errors import MailError


def prepare() -> None:
    """Let no character that the terminal's charset lacks end the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def line(text: str) -> None:
    """Print a line of data."""
    _write(sys.stdout, text + "\n")


def record(facts: Mapping[str, object]) -> None:
    """Print one JSON object on a line."""
    line(json.dumps(facts, ensure_ascii=False))


def raw(content: bytes) -> None:
    """Write bytes as they are."""
    flush()
    try:
        sys.stdout.buffer.write(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def note(text: str) -> None:
    """Say something that is not data."""
    _write(sys.stderr, text + "\n")


def bell() -> None:
    """Ring, where somebody can hear it."""
    if sys.stderr.isatty():
        _write(sys.stderr, "\a")
        sys.stderr.flush()


def asked(question: str) -> str:
    """Return what a person at the terminal answers, "" for nothing; the question is no data either."""
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        return input().strip()
    except EOFError:
        return ""


def complain(error: MailError) -> None:
    """Say what went wrong and, where there is one, what can be done."""
    flush()
    note(f"tui-mail: {error}" + (f"\n  {error.hint}" if error.hint else ""))


def flush() -> None:
    """Hand over what was printed so far."""
    _write(sys.stdout, "")
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def silence() -> None:
    """Drop what is still to be printed: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> MailError:
    silence()
    return MailError(f"The output cannot be written: {error.strerror}")
