"""Messages of our own put together (RFC 5322, 2045–2047): 7-bit, CRLF, nothing that could add a field.

The fields are written here, and only the body is left to `email`: its header objects decode encoded words in
what they are given, and write the line ends that were hidden in them (a Subject of "=?utf-8?q?=0D=0ABcc:…").
Mail that was received is never put together again: its bytes are kept as they arrived.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tui_mail.mime.names import file_name

_LINE = 76
_LONGEST_WORD = 900
"""Characters of a word without a space; a line holds 998 octets at most (RFC 5322, 2.1.1)."""

_POLICY = SMTP.clone(cte_type="7bit")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_MEDIA_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+)/([a-z0-9!#$&^_.+-]+)", re.IGNORECASE)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~. -]*")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9.:]+\]")


def compose(
    *,
    sender: tuple[str, str],
    to: Sequence[tuple[str, str]],
    cc: Sequence[tuple[str, str]] = (),
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Iterable[tuple[str, str, bytes]] = (),
    date: datetime,
    message_id: str,
    in_reply_to: str | None = None,
    references: Sequence[str] = (),
    extra: Iterable[tuple[str, str]] = (),
) -> bytes:
    """Return the octets of a message.

    People are (name, address); attachments (name, media type, content); Message-IDs stand with or without
    their angle brackets; `extra` are further fields. Raises ValueError for an address or a field name that
    cannot be written.
    """
    written = [("Date", format_datetime(date)), ("From", _person(sender))]
    written += [
        (name, ", ".join(map(_person, people))) for name, people in (("To", to), ("Cc", cc)) if people
    ]
    written += [("Subject", _unstructured(subject)), ("Message-ID", _bracketed(message_id))]
    if in_reply_to:
        written.append(("In-Reply-To", _bracketed(in_reply_to)))
    if references:
        written.append(("References", " ".join(map(_bracketed, references))))
    for name, value in extra:
        if not _FIELD_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a field")
        written.append((name, _unstructured(value)))
    return b"".join(_folded(*one) for one in written) + _body(text, html, attachments)


def _body(text: str, html: str | None, attachments: Iterable[tuple[str, str, bytes]]) -> bytes:
    """Return the fields of MIME and the body."""
    message = EmailMessage(_POLICY)
    message.set_content(_lines(text))
    if html is not None:
        message.add_alternative(_lines(html), subtype="html")
    for name, media_type, content in attachments:
        found = _MEDIA_TYPE.fullmatch(media_type)
        main, sub = (found[1].lower(), found[2].lower()) if found else ("application", "octet-stream")
        if main in ("multipart", "message"):  # neither may be base64 (RFC 2045, 6.4), and we rewrite nothing
            main, sub = "application", "octet-stream"
        message.add_attachment(content, main, sub, filename=file_name(name))
    return message.as_bytes()


def _folded(name: str, value: str) -> bytes:
    """Write a field, folded at its spaces only: a long word is better on a long line than encoded."""
    lines = [f"{name}:"]
    for word in value.split():
        if len(lines[-1]) + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word[:_LONGEST_WORD]}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _unstructured(value: str) -> str:
    """Return text in ASCII; what only looks like an encoded word is encoded, so that it stays as it is."""
    value = _clean(value)
    return value if value.isascii() and "=?" not in value else _encoded(value)


def _encoded(value: str) -> str:
    return " ".join(Header(value, "utf-8", maxlinelen=75).encode(splitchars="").split())


def _person(person: tuple[str, str]) -> str:
    name, address = _clean(person[0]), _address(_clean(person[1]))
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        return f"{_encoded(name)} <{address}>"
    return (
        f"{name} <{address}>"
        if _ATOMS.fullmatch(name) and "." not in name
        else f"{_quoted(name)} <{address}>"
    )


def _address(address: str) -> str:
    """Return an addr-spec in ASCII, its local part quoted where it must be, its domain in IDNA."""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = domain, ""
    if not _DOT_ATOM.fullmatch(local) and not _QUOTED.fullmatch(local):
        local = _quoted(local)
    if domain and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError(f"{address!r} is no address: {domain!r} is no host") from None
    if not local.isascii() or (at and not _DOMAIN.fullmatch(domain)):
        raise ValueError(f"{address!r} is no address that every server takes")
    return f"{local}{at}{domain}"


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bracketed(message_id: str) -> str:
    inner = "".join(char for char in message_id if "!" <= char <= "~" and char not in "<>")
    return f"<{inner}>"


def _clean(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip()


def _lines(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text).encode("utf-8", "replace").decode("utf-8")
    return text if text.endswith("\n") else f"{text}\n"
