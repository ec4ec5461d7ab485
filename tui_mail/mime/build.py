"""Messages of our own put together (RFC 5322, 2045–2047): 7-bit, CRLF, nothing that could add a field.

Controls in a field become spaces before it is set, so no value can end its line and begin another one. Mail
that was received is never put together again: its bytes are kept as they arrived.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_LINE = 76
_LONGEST_WORD = 900
"""Characters of a word without a space; a line holds 998 octets at most (RFC 5322, 2.1.1)."""

_POLICY = SMTP.clone(cte_type="7bit")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,76}")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_MEDIA_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]+)/([a-z0-9!#$&^_.+-]+)", re.IGNORECASE)


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
    their angle brackets; `extra` are further fields. Raises ValueError for a field name that is none.
    """
    message = EmailMessage(_POLICY)
    message["Date"] = format_datetime(date)
    message["From"] = _address(sender)
    if to:
        message["To"] = [_address(one) for one in to]
    if cc:
        message["Cc"] = [_address(one) for one in cc]
    message["Subject"] = _clean(subject)
    by_hand = [("Message-ID", _bracketed(message_id))]
    if in_reply_to:
        by_hand.append(("In-Reply-To", _bracketed(in_reply_to)))
    if references:
        by_hand.append(("References", " ".join(map(_bracketed, references))))
    for name, value in extra:
        if not _FIELD_NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a field")
        if value.isascii():
            by_hand.append((name, _clean(value)))
        else:
            message[name] = _clean(value)
    _set_content(message, text, html, attachments)
    return b"".join(_folded(*written) for written in by_hand) + message.as_bytes()


def _set_content(
    message: EmailMessage, text: str, html: str | None, attachments: Iterable[tuple[str, str, bytes]]
) -> None:
    message.set_content(_lines(text))
    if html is not None:
        message.add_alternative(_lines(html), subtype="html")
    for name, media_type, content in attachments:
        found = _MEDIA_TYPE.fullmatch(media_type)
        main, sub = (found[1].lower(), found[2].lower()) if found else ("application", "octet-stream")
        if main in ("multipart", "message"):  # neither may be base64 (RFC 2045, 6.4), and we rewrite nothing
            main, sub = "application", "octet-stream"
        message.add_attachment(content, main, sub, filename=_clean(name))


def _folded(name: str, value: str) -> bytes:
    """Write an ASCII field, folded at its spaces only: `email` encodes words that are longer than a line."""
    lines = [f"{name}:"]
    for word in value.split():
        if len(lines[-1]) + len(word) > _LINE and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word[:_LONGEST_WORD]}"
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _bracketed(message_id: str) -> str:
    inner = "".join(char for char in message_id if "!" <= char <= "~" and char not in "<>")
    return f"<{inner}>"


def _address(person: tuple[str, str]) -> Address:
    name, address = map(_clean, person)
    local, _, domain = address.rpartition("@")
    return Address(name, local or domain, domain if local else "")


def _clean(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip()


def _lines(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text).encode("utf-8", "replace").decode("utf-8")
    return text if text.endswith("\n") else f"{text}\n"
