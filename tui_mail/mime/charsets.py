"""Bytes in a declared, misspelt, wrong or missing charset to text, without ever failing.

The declared charset is tried first, then UTF-8, then Windows-1252 and Latin-1. Labels are read as browsers
read them (WHATWG Encoding Standard, 4.2): a label names the superset that senders really used.
"""

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "us-ascii": "",
    "ascii": "",
    "ansi_x3.4-1968": "",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "utf8": "utf-8",
    "uft-8": "utf-8",
    "utf-8n": "utf-8",
    "utf": "utf-8",
    "unicode": "utf-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "default": "",
    "windows-1252http-equivcontent-type": "cp1252",
}

_NOT_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
"""Text codecs of Python that no mail means; idna is quadratic besides."""

_JUNK = re.compile(r"[^a-z0-9._:+-].*", re.DOTALL)
_PREFIXED = re.compile(r"(?:x-)?(?:windows|win|cp|ms|ansi)[-_ ]?(125\d|874|932|949|950)$")
_SURROGATES = re.compile("[\ud800-\udfff]")


@lru_cache(256)
def codec_name(label: str) -> str:
    """Return Python's name for a charset label, or "" if it names none."""
    label = _JUNK.sub("", label[:80].lower().strip(" '\"\t"))
    if windows := _PREFIXED.match(label):
        return f"cp{windows[1]}"
    label = _ALIASES.get(label, label)
    if not label:
        return ""
    try:
        found = codecs.lookup(label)
        "".encode(found.name)  # raises LookupError for codecs that are not about text
    except (LookupError, ValueError):
        return ""
    return "" if found.name in _NOT_CHARSETS else found.name


def decoded(data: bytes, label: str = "") -> str:
    """Return `data` as text; no lone surrogate is left in it."""
    name = codec_name(label) if label else ""
    if not name and b"\x1b$" in data:
        name = "iso2022_jp_ext"  # nothing else in mail begins so
    for candidate in (name, "utf-8"):
        if candidate:
            try:
                return whole(data.decode(candidate))
            except (UnicodeError, ValueError):
                continue
    return whole(_damaged(data, name))


def whole(text: str) -> str:
    """Return `text` with lone surrogates, which no file or database takes, as U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _damaged(data: bytes, name: str) -> str:
    """Decode what neither its own charset nor UTF-8 decodes strictly."""
    if name in ("", "utf-8"):
        lenient = data.decode("utf-8", "replace")
        if lenient.count("\ufffd") <= len(data) - len(lenient):  # mostly UTF-8, cut or scratched
            return lenient
    elif not name.startswith("cp125"):
        return data.decode(name, "replace")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")
