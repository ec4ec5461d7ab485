"""The last check before the terminal: of control sequences only those leave that this program uses.

Text was made safe when it came in (`model.safe_text`); this is the second door, for what a mistake of ours,
Textual's or Rich's would let through. Whatever is not known here is shown as a picture and counted. A
hyperlink (OSC 8) and a copy to the clipboard (OSC 52) leave only when their payload is as harmless as the
two functions make it that write them.

Sources: ECMA-48 for CSI, the manual "XTerm Control Sequences" for modes and OSC, kitty's keyboard protocol.
"""

import re
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from tui_mail.model.safe_text import SafeText

BELL = "\x07"
LINK_LIMIT = 2_048
"""Characters of a target that terminals take."""

_LETTERS = r"!$&'()*+,;=.~_0-9A-Za-z%-"
_TARGET = (
    rf"(?:https?://(?:\[[0-9A-Fa-f:.]{{2,45}}\]|[{_LETTERS}]{{1,255}})(?::[0-9]{{1,5}})?"  # never a user
    rf"(?:[/?#][{_LETTERS}:@/?#\[\]]{{0,2048}})?|mailto:[{_LETTERS}:@/?#\[\]]{{1,2048}})"
)
_HARMLESS_TARGET = re.compile(_TARGET)
_KNOWN = (
    r"\x1b\[[0-9;:]*m"  # colours and weights
    r"|\x1b\[[0-9]{1,4};[0-9]{1,4}H"  # moves of the cursor
    r"|\x1b\[\?(?:7|25|100[0346]|101[56]|1049|2004|2026|2048)[hl]"  # wrapping, mouse, screen, paste …
    r"|\x1b\[\?20(?:26|48)\$p"  # whether the terminal knows frames and reports its size
    r"|\x1b\[(?:>[0-9]{1,2}|<)u"  # kitty's keyboard
    rf"|\x1b\]8;(?:id=[0-9A-Za-z-]{{1,64}})?;(?:{_TARGET})?\x1b\\"  # a hyperlink and its end
    r"|\x1b\]52;c;[0-9A-Za-z+/=]*\x07"  # a copy to the clipboard, never a question for what is there
    r"|\x1b\]22;[a-z-]{0,24}\x07"  # the shape of the pointer
    r"|\r?\n"  # Textual ends each line of a full frame with it; text that came in holds none
)
_DANGEROUS = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
# No possessive group: before Python 3.11.5 one that fails half-way keeps what it took.
_CLEAN = re.compile(rf"(?:[^{_DANGEROUS[1:]}++|{_KNOWN})*")
_SUSPECT = re.compile(rf"({_KNOWN})|{_DANGEROUS}")


def hyperlink(target: SafeText) -> str | None:
    """Return a target fit for OSC 8, or None: http, https and mailto, in ASCII, nothing before the host."""
    return target if len(target) <= LINK_LIMIT and _HARMLESS_TARGET.fullmatch(target) else None


class Gate:
    """Lets known sequences pass and counts the rest."""

    def __init__(self) -> None:
        self.stopped = 0
        """Control characters that were shown as pictures."""

    def __call__(self, data: str) -> str:
        """Return what may be written; a bell passes where it is all there is."""
        if data == BELL or _CLEAN.fullmatch(data):
            return data
        return _SUSPECT.sub(self._check, data)

    def _check(self, found: re.Match[str]) -> str:
        if found[1] is not None:
            return found[1]
        self.stopped += 1
        code = ord(found[0])
        if 0xD800 <= code <= 0xDFFF:
            return "\ufffd"
        return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "\ufffd"


class GatedDriver(LinuxDriver):
    """Textual's driver for terminals behind a gate."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gate = Gate()

    def write(self, data: str) -> None:
        """Write what may be written."""
        super().write(self.gate(data))
