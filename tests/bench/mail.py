"""Mail as it is in life, made up: the same seed and number of messages give the same bytes.

Ten years evenly, the oldest first; 55 % answers in conversations that live, 35 % from mailing lists, 58 %
with HTML, 11 % with attachments up to 1.5 MB; sizes spread as in real mailboxes. Lines end in LF, as in a
Maildir.
"""

import math
from binascii import b2a_base64, b2a_qp
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from random import Random

from tests.bench.words import Circle, Person, Vocabulary

FIRST_MOMENT = 1_420_070_400
"""1 January 2015."""
SPAN = 10 * 365 * 86_400
"""Ten years."""

LIVE_CONVERSATIONS = 400
"""Conversations that may still be answered; the oldest falls silent when a new one begins."""
REFERENCES = 12
"""Message-IDs of References at most."""
ATTACHMENT_LIMIT = 1_500_000
"""Octets of an attachment before its encoding."""

IN_SUBJECT = {"quokkasubject": 1_000, "wombatsubject": 100}
IN_TEXT = {"quokkatext": 1_000, "wombattext": 100}
"""Planted words: every so many messages have it, counted from the first; nothing else does."""

_BASE64_LINES = 40_000
_BASE64_LINE = 77
"""Octets of a full line of base64, its end counted."""
_LINE_WORDS = 11
_PARAGRAPH_LINES = 5
_FILE_TYPES = (
    ("application", "pdf", "pdf"), ("image", "jpeg", "jpg"), ("image", "png", "png"),
    ("application", "zip", "zip"), ("text", "csv", "csv"), ("application", "msword", "doc"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """One message and how it lies in its mailbox."""

    raw: bytes
    moment: int
    """When it was written and received, seconds since the epoch."""
    flags: str
    """Letters of Maildir: F flagged, R answered, S seen."""


@dataclass(slots=True)
class _Conversation:
    subject: str
    list_name: str
    """"" for letters between people."""
    ids: list[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A body part: its header fields and its encoded octets."""

    head: str
    body: bytes


def planted(count: int) -> dict[str, int]:
    """Return how many of `count` messages hold each planted word; those of the text need whole letters."""
    return {word: math.ceil(count / every) for word, every in {**IN_SUBJECT, **IN_TEXT}.items()}


def letters(count: int, seed: int = 1, *, headers_only: bool = False) -> Iterator[Letter]:
    """Return `count` messages, the oldest first; with `headers_only` their texts are a line long."""
    return iter(_Post(count, seed, headers_only))


class _Post:
    """Writes letter after letter."""

    def __init__(self, count: int, seed: int, headers_only: bool) -> None:
        self._chance = Random(seed)
        self._count = count
        self._headers_only = headers_only
        self._vocabulary = Vocabulary(self._chance)
        self._circle = Circle(self._chance)
        self._lists = ["-".join(self._words(2)) for _ in range(40)]
        noise = b2a_base64(self._chance.randbytes(57 * _BASE64_LINES), newline=False)
        step = _BASE64_LINE - 1
        self._noise = b"".join(noise[at : at + step] + b"\n" for at in range(0, len(noise), step))
        self._live: deque[_Conversation] = deque(maxlen=LIVE_CONVERSATIONS)

    def __iter__(self) -> Iterator[Letter]:
        for n in range(self._count):
            yield self._letter(n)

    def _letter(self, n: int) -> Letter:
        chance = self._chance
        moment = FIRST_MOMENT + n * SPAN // self._count
        answers = bool(self._live) and chance.random() < 0.551
        conversation = chance.choice(self._live) if answers else self._begun()
        sender = self._circle.anyone(chance)
        message_id = f"<{n:x}.{chance.getrandbits(64):016x}@{sender.address.partition('@')[2]}>"
        subject = ("Re: " if answers else "") + conversation.subject
        subject += "".join(f" {word}" for word, every in IN_SUBJECT.items() if n % every == 0)
        body = self._content(n)
        head = self._head(sender, subject, message_id, moment, conversation, body.head)
        conversation.ids = [*conversation.ids[:1], *conversation.ids[1:][2 - REFERENCES :], message_id]
        seen, starred = chance.random() < 0.93, chance.random() < 0.02
        flags = "F" * starred + "R" * (seen and chance.random() < 0.15) + "S" * seen
        return Letter(head.encode() + b"\n" + body.body, moment, flags)

    def _begun(self) -> _Conversation:
        """Begin a conversation; on a list in 35 of 100 cases."""
        chance = self._chance
        on_list = chance.choice(self._lists) if chance.random() < 0.35 else ""
        words = self._words(3 + int(chance.random() * 6))
        begun = _Conversation(" ".join(words).capitalize(), on_list, [])
        self._live.append(begun)
        return begun

    def _words(self, count: int) -> list[str]:
        return self._vocabulary.stretch(self._chance, count)

    # The header.

    def _head(
        self,
        sender: Person,
        subject: str,
        message_id: str,
        moment: int,
        conversation: _Conversation,
        content_fields: str,
    ) -> str:
        chance, ids = self._chance, conversation.ids
        lines = [*self._traces(moment, sender)]
        if chance.random() < 0.6:
            lines.append(self._signature(sender))
        lines += [
            f"Date: {formatdate(moment)}",
            f"From: {self._mailbox(sender)}",
            f"To: {self._recipients(conversation.list_name)}",
            f"Subject: {self._encoded(subject)}",
            f"Message-ID: {message_id}",
        ]
        if chance.random() < 0.2:
            lines.append(f"Cc: {self._recipients('')}")
        if ids:
            lines += [f"In-Reply-To: {ids[-1]}", "References: " + "\n ".join(ids)]
        if name := conversation.list_name:
            lines += [
                f"List-Id: {name} <{name}.lists.example.org>",
                f"List-Unsubscribe: <https://lists.example.org/{name}/leave>",
                "Precedence: list",
            ]
        lines += ["MIME-Version: 1.0", content_fields]
        return "\n".join(lines) + "\n"

    def _traces(self, moment: int, sender: Person) -> Iterator[str]:
        """The way of a letter: two to five servers, each with its line on top."""
        date = formatdate(moment)
        domain = sender.address.partition("@")[2]
        yield f"Return-Path: <{sender.address}>"
        for hop in range(5 - int(self._chance.random() * 4), 0, -1):
            mark = self._chance.getrandbits(48)
            yield (
                f"Received: from mx{hop}.{domain} (mx{hop}.{domain} [192.0.2.{hop}])\n"
                f"\tby in{hop}.example.org with ESMTPS id {mark:012X}\n\tfor <you@example.org>; {date}"
            )

    def _signature(self, sender: Person) -> str:
        sealed = self._noise_lines(4).decode().replace("\n", "\n\t").rstrip()
        domain = sender.address.partition("@")[2]
        return (
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\n"
            f"\th=from:to:subject:date:message-id:mime-version:content-type;\n\tbh=47DEQpj8HBSa+/TImW+5JCeu"
            f"QeRkm5NMpJWZG3hSuFU=;\n\tb={sealed}"
        )

    def _mailbox(self, person: Person) -> str:
        name = person.name if person.name.isascii() else self._encoded(person.name)
        return f"{name} <{person.address}>"

    def _recipients(self, list_name: str) -> str:
        if list_name:
            return f"{list_name}@lists.example.org"
        others = [self._circle.anyone(self._chance) for _ in range(int(self._chance.expovariate(1.2)))]
        return ",\n ".join(["You <you@example.org>", *map(self._mailbox, others[:20])])

    def _encoded(self, text: str) -> str:
        """Write text of a field: as it is, or in B or Q words (RFC 2047)."""
        if text.isascii():
            return text
        quoted = self._chance.random() < 0.5
        pieces = [text[at : at + 15].encode() for at in range(0, len(text), 15)]
        if quoted:
            return "\n ".join(f"=?UTF-8?Q?{_q(piece)}?=" for piece in pieces)
        return "\n ".join(f"=?UTF-8?B?{b2a_base64(piece, newline=False).decode()}?=" for piece in pieces)

    # The content.

    def _content(self, n: int) -> _Part:
        chance = self._chance
        planted_here = [word for word, every in IN_TEXT.items() if n % every == 0]
        if self._headers_only:
            text = " ".join([*self._words(8), *planted_here])
            return _Part(
                "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", text.encode()
            )
        size = min(200_000.0, 2_900 * math.exp(chance.gauss(0, 1.0)))
        words = self._words(max(3, int(size / self._vocabulary.mean_length)))
        words[1:1] = planted_here
        kind = chance.random()
        parts = []
        if kind < 0.9:  # the rest is HTML alone
            parts.append(self._text("plain", _plain(words)))
        if kind >= 0.42:
            parts.append(self._text("html", self._html(words)))
        body = parts[0] if len(parts) == 1 else self._multipart("alternative", parts)
        if chance.random() < 0.11:
            files = [self._file(number) for number in range(1 + int(4 * chance.random() ** 3))]
            body = self._multipart("mixed", [body, *files])
        return body

    def _html(self, words: list[str]) -> str:
        chance = self._chance
        step = _LINE_WORDS * _PARAGRAPH_LINES
        paragraphs = [
            f'<p style="margin:0 0 12px;font-family:Arial,sans-serif;color:#333">'
            f"{' '.join(words[at : at + step])}\n"
            f'<a href="https://www.example.org/{chance.getrandbits(40):x}">{words[at]}</a></p>\n'
            for at in range(0, len(words), step)
        ]
        return (
            '<html><head><meta charset="utf-8"><style>td{padding:4px}a{color:#06c}</style></head><body>\n'
            '<table width="600" cellpadding="0" border="0"><tr><td>\n'
            + "".join(paragraphs)
            + f'</td></tr></table><img src="https://t.example/{chance.getrandbits(64):x}.gif" width="1"'
            ' height="1">\n</body></html>\n'
        )

    def _text(self, subtype: str, text: str) -> _Part:
        """Write a text in one of the encodings of RFC 2045 that can hold it."""
        octets, draw = text.encode(), self._chance.random()
        longest = max(map(len, octets.split(b"\n")))
        if draw < 0.14:
            name, body = "base64", _wrapped(b2a_base64(octets, newline=False))
        elif draw < 0.45 or longest > 990:
            name, body = "quoted-printable", b2a_qp(octets, istext=True)
        elif draw < 0.5:
            name, body = "binary", octets
        else:
            name, body = "7bit" if octets.isascii() else "8bit", octets
        return _Part(
            f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: {name}",
            body if body.endswith(b"\n") else body + b"\n",
        )

    def _multipart(self, subtype: str, parts: list[_Part]) -> _Part:
        boundary = f"=_{self._chance.getrandbits(80):020x}"
        body = b"".join(f"--{boundary}\n{part.head}\n\n".encode() + part.body for part in parts)
        return _Part(
            f'Content-Type: multipart/{subtype}; boundary="{boundary}"', body + f"--{boundary}--\n".encode()
        )

    def _file(self, number: int) -> _Part:
        chance = self._chance
        size = min(ATTACHMENT_LIMIT, int(34_000 * math.exp(chance.gauss(0, 1.6))) + 300)
        main, sub, suffix = chance.choice(_FILE_TYPES)
        name = f"{self._words(1)[0] if number % 2 else 'scan'}-{number}.{suffix}"
        shown = name if name.isascii() else self._encoded(name).replace("\n ", " ")
        return _Part(
            f'Content-Type: {main}/{sub}; name="{shown}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{shown}"',
            self._noise_lines(size // 57 + 1),
        )

    def _noise_lines(self, count: int) -> bytes:
        """Return lines of base64 that no compressor makes smaller than their octets."""
        start = int(self._chance.random() * max(1, _BASE64_LINES - count)) * _BASE64_LINE
        return self._noise[start : start + count * _BASE64_LINE]


def _plain(words: list[str]) -> str:
    """Write words in lines, five a paragraph; every third paragraph quotes."""
    lines = [" ".join(words[at : at + _LINE_WORDS]) for at in range(0, len(words), _LINE_WORDS)]
    paragraphs = []
    for at in range(0, len(lines), _PARAGRAPH_LINES):
        sign = "> " if at // _PARAGRAPH_LINES % 3 == 2 else ""
        paragraphs.append(sign + f"\n{sign}".join(lines[at : at + _PARAGRAPH_LINES]) + ".\n")
    return "\n".join(paragraphs)


def _q(octets: bytes) -> str:
    return (
        b2a_qp(octets, quotetabs=True, header=True, istext=True)
        .decode()
        .replace("=\n", "")
        .replace("?", "=3F")
    )


def _wrapped(base64: bytes) -> bytes:
    step = _BASE64_LINE - 1
    return b"".join(base64[at : at + step] + b"\n" for at in range(0, len(base64), step))
