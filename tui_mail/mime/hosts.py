"""Names of hosts in ASCII (RFC 5890, 5891): each label beyond ASCII in lower case, NFC, and Punycode.

The codec "idna" of the standard library is IDNA 2003, which turns ß into ss: another domain, so a letter to
somebody else. Nothing is mapped here but capitals, wide forms and the full stops of other scripts.
"""

import re
import unicodedata

_STOPS = re.compile("[\u3002\uff0e\uff61]")
_ALLOWED = {"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"}
_LABEL_LIMIT = 63


def ascii_host(host: str) -> str:
    """Return a host's name as servers write it; raises ValueError for what cannot be one."""
    if host.isascii():
        return host
    return ".".join(_label(label) for label in _STOPS.sub(".", host).split("."))


def _label(label: str) -> str:
    if label.isascii():
        return label
    label = unicodedata.normalize("NFC", "".join(map(_mapped, label)))
    fits = all(char == "-" or char.isascii() or unicodedata.category(char) in _ALLOWED for char in label)
    if not fits or label[0] == "-" or label[-1] == "-" or unicodedata.category(label[0]).startswith("M"):
        raise ValueError(f"{label!r} cannot stand in the name of a host")
    if label.isascii():
        return label
    written = f"xn--{label.encode('punycode').decode('ascii')}"
    if len(written) > _LABEL_LIMIT:
        raise ValueError(f"{label!r} is too long for the name of a host")
    return written


def _mapped(char: str) -> str:
    """Return a character in lower case, and a wide or narrow form as what it is a form of."""
    if unicodedata.decomposition(char).startswith(("<wide>", "<narrow>")):
        char = unicodedata.normalize("NFKC", char)
    return char.lower()
