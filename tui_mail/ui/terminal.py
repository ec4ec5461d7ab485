"""The last check before the terminal: of control sequences only those leave that this program uses.

Text was made safe when it came in (`model.safe_text`); this is the second door, for what a mistake of ours,
Textual's or Rich's would let through. Whatever is not known here is shown as a picture and counted. A
hyperlink (OSC 8) and a copy to the clipboard (OSC 52) leave only when their payload is as harmless as the
two functions make it that write them. A bell, the window's title and an announcement pass only where they are
all that is written, as this module writes them: within a frame they can come from text alone.

Sources: ECMA-48 for CSI, the manual "XTerm Control Sequences" for modes, titles and OSC, kitty's keyboard
protocol; iTerm2's documentation for OSC 9, the extension "notify" of rxvt-unicode for OSC 777.
"""

import re
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from tui_mail.model.safe_text import SafeText
from tui_mail.ui.voice import Speech

BELL = "\x07"
SPEECH_LIMIT = 400
"""Characters of an announcement."""
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

_WORDS = f"[^;{_DANGEROUS[1:-1]}]"
_ALONE = re.compile(
    r"\x07|\x1b\]2;(?:\([0-9]{1,9}\) )?tui-mail\x07|\x1b\[2[23];2t"  # title: set, kept, given back
    rf"|\x1b\](?:9;Mail: |777;notify;Mail: {_WORDS}{{1,100}};){_WORDS}{{1,{SPEECH_LIMIT}}}\x07"
)


def hyperlink(target: SafeText) -> str | None:
    """Return a target fit for OSC 8, or None: http, https and mailto, in ASCII, nothing before the host."""
    return target if len(target) <= LINK_LIMIT and _HARMLESS_TARGET.fullmatch(target) else None


def spoken(speech: Speech, heading: SafeText, text: SafeText) -> str:
    """Return what asks the terminal to announce; a semicolon would end a field, so it becomes a comma."""
    heading, text = (SafeText(part.replace(";", ",")) for part in (heading, text))
    if speech is Speech.ITERM:
        return f"\x1b]9;Mail: {heading}, {text}"[:SPEECH_LIMIT] + BELL
    return f"\x1b]777;notify;Mail: {heading[:100]};{text}"[:SPEECH_LIMIT] + BELL


def window_title(unread: int) -> str:
    """Return what names the window: the program, after the count of unread mail."""
    return f"\x1b]2;({unread}) tui-mail{BELL}" if unread else f"\x1b]2;tui-mail{BELL}"


class Gate:
    """Lets known sequences pass and counts the rest."""

    def __init__(self) -> None:
        self.stopped = 0
        """Control characters that were shown as pictures."""

    def __call__(self, data: str) -> str:
        """Return what may be written."""
        if _CLEAN.fullmatch(data) or _ALONE.fullmatch(data):
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

    def start_application_mode(self) -> None:
        """Take the screen, and let the terminal keep the window's title."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's has no types
        if self._writer_thread is not None:  # none where the program was sent to rest at once
            self.write("\x1b[22;2t")

    def stop_application_mode(self) -> None:
        """Give back the screen, and the title as it was."""
        super().stop_application_mode()
        self.write("\x1b[23;2t")
        self.flush()

    def write(self, data: str) -> None:
        """Write what may be written."""
        super().write(self.gate(data))
