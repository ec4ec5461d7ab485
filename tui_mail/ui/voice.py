"""What announces new mail here: the desktop, the terminal, or a bell.

Importing it loads no Textual, so that a command line can announce too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from tui_mail.model.settings import How
from tui_mail.ui.desktop import Notifier, notifier


class Speech(Enum):
    """How a terminal is asked to announce something."""

    ITERM = "9"
    """One text. It never begins with a digit: to ConEmu that would be a command."""
    RXVT = "777"
    """A heading and a text."""


RXVT = frozenset(("WezTerm", "ghostty"))
"""Values of TERM_PROGRAM of terminals that know OSC 777."""
RXVT_TERMS = ("rxvt", "foot", "xterm-ghostty")
"""How TERM begins in terminals that do."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What announces: the first that is there, and a bell where none is or the desktop fails."""

    desktop: Notifier | None = None
    speech: Speech | None = None


def voice(how: How, environment: Mapping[str, str], find: Callable[..., Notifier | None] = notifier) -> Voice:
    """Return what announces here."""
    match how:
        case How.OFF | How.BELL:
            return Voice()
        case How.TERMINAL:
            return Voice(speech=speech(environment) or Speech.RXVT)
        case How.DESKTOP:
            return Voice(desktop=find(environment))
        case How.AUTO:
            desktop = find(environment)
            return Voice(desktop, None if desktop else speech(environment))


def speech(environment: Mapping[str, str]) -> Speech | None:
    """Return the sequence that this terminal announces by; None where none is known, as within tmux."""
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return None
    if program == "iTerm.app" or "KITTY_WINDOW_ID" in environment:
        return Speech.ITERM
    return Speech.RXVT if program in RXVT or term.startswith(RXVT_TERMS) else None
