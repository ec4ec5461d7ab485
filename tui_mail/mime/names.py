"""Names under which an attachment may be saved: no path, no device, nothing that hides what it is.

The name comes from the sender, the folder from the user. What is returned is one component, valid on Linux,
macOS and Windows, at most `LENGTH_LIMIT` octets long with its extension kept.
"""

import re
import unicodedata

from tui_mail.model.safe_text import safe_identity

LENGTH_LIMIT = 200
"""Octets of UTF-8."""

EXTENSION_LIMIT = 32
"""Octets of an extension that a shortened name keeps."""

_MARKS_OF_CODE_POINTS = re.compile("⟨[0-9A-F]{4,6}⟩")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2400-\u2421\ufffd]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)


def file_name(name: str) -> str:
    """Return a file name made from the name a sender gave; "attachment" where nothing is left of it."""
    name = re.split(r"[/\\]", name)[-1]
    name = unicodedata.normalize("NFC", safe_identity(name))
    name = _FORBIDDEN.sub("_", _MARKS_OF_CODE_POINTS.sub("_", name))
    name = re.sub(r"\s+", " ", name).lstrip(".- ").rstrip(". ")
    if not name.strip("_ ."):
        return "attachment"
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= LENGTH_LIMIT:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > EXTENSION_LIMIT:
        stem, dot, extension = name, "", ""
    room = LENGTH_LIMIT - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension
