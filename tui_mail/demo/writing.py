"""Turns sheets into letters: who gets them, what they quote, and at last their octets.

Everything but the octets is decided at once and cheap; octets are made when a letter is first read, and are
the same for the same seed and clock: Message-IDs are hashes, and boundaries are derived from them.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import Any

from tui_mail.demo.almanac import Almanac, attribution, dated, field_date
from tui_mail.demo.attachments import Enclosure, enclosure
from tui_mail.demo.library import Conversation, Sheet, page
from tui_mail.demo.people import ACCOUNTS, Person, everyone
from tui_mail.mime.build import compose

LISTS = {
    "tidewatch": ("Tidewatch developers", "tidewatch-dev@lists.tidewatch.example", "[tidewatch-dev]"),
    "letterpress": ("Letterpress & type", "letterpress@lists.inkwell.example", "[press]"),
    "tenthplot": ("Allotment, tenth row", "tenthplot@lists.tenthplot.example", "[row 10]"),
}
"""Name, address and subject tag of the mailing lists."""

_BOUNDARY = re.compile(rb'boundary="?([^";\r\n]+)"?')


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on its way into a mailbox."""

    key: str
    """Unique."""
    account: str
    folder: str
    moment: datetime
    flags: frozenset[str]
    sheet: Sheet
    sender: Person
    to: tuple[tuple[str, str], ...]
    cc: tuple[tuple[str, str], ...]
    subject: str
    message_id: str
    answers: "Letter | None"
    """The letter before it in the conversation."""
    lang: str
    mailing_list: str

    def body(self) -> str:
        """The text without quotes, signed."""
        text = dated(self.sheet.text.strip("\n"), self.moment, self.lang)
        signature = self.sender.signature
        return f"{text}\n\n-- \n{signature}\n" if signature and not self.sheet.html else f"{text}\n"

    def octets(self) -> bytes:
        """The message as it travels."""
        if self.sheet.raw:
            return _by_hand(self)
        return _steady(_composed(self), self.message_id)


def letters(conversation: Conversation, almanac: Almanac, seed: int) -> Iterator[Letter]:
    """The letters of a conversation, oldest first."""
    before: Letter | None = None
    moments = almanac.in_order([sheet.when for sheet in conversation.letters])
    for number, (sheet, moment) in enumerate(zip(conversation.letters, moments, strict=True)):
        sender = everyone()[sheet.sender]
        answered = any(later.sender in ACCOUNTS for later in conversation.letters[number + 1 :])
        key = f"{conversation.key}-{number}"
        before = Letter(
            key=key,
            account=conversation.account,
            folder=sheet.folder or ("Sent" if sender.is_me else conversation.folder),
            moment=moment,
            flags=_flags(sheet, sender, answered),
            sheet=sheet,
            sender=sender,
            to=tuple(_recipients(conversation, sheet, number)),
            cc=tuple(everyone()[who].mailbox for who in sheet.cc),
            subject=_subject(conversation, sheet, number, moment),
            message_id=_message_id(seed, key, moment, sender),
            answers=before,
            lang=conversation.lang,
            mailing_list=conversation.mailing_list,
        )
        yield before


def _flags(sheet: Sheet, sender: Person, answered: bool) -> frozenset[str]:
    flags = {*sheet.flags}
    if not sheet.unread or answered:
        flags.add("\\Seen")
    if sheet.starred:
        flags.add("\\Flagged")
    if answered and not sender.is_me:
        flags.add("\\Answered")
    return frozenset(flags)


def _recipients(conversation: Conversation, sheet: Sheet, number: int) -> Iterator[tuple[str, str]]:
    if conversation.mailing_list:
        yield LISTS[conversation.mailing_list][:2]
        return
    writers = [letter.sender for letter in conversation.letters]
    named = sheet.to or dict.fromkeys([conversation.account, *writers[: number + 1], *conversation.people])
    if sheet.sender == conversation.account and not number and not sheet.to:
        named = conversation.people or dict.fromkeys(writers)
    for who in named:
        if who != sheet.sender:
            yield everyone()[who].mailbox


def _subject(conversation: Conversation, sheet: Sheet, number: int, moment: datetime) -> str:
    if sheet.subject:
        return dated(sheet.subject, moment, conversation.lang)
    subject = dated(conversation.subject, moment, conversation.lang)
    if conversation.mailing_list:
        subject = f"{LISTS[conversation.mailing_list][2]} {subject}"
    return f"Re: {subject}" if number else subject


def _message_id(seed: int, key: str, moment: datetime, sender: Person) -> str:
    digest = hashlib.sha256(f"{seed}/{key}/{moment.timestamp():.0f}".encode()).hexdigest()[:20]
    return f"<{digest}@{sender.address.partition('@')[2]}>"


def ancestors(letter: Letter) -> list[str]:
    """Message-IDs from the first letter of the conversation to the one before this."""
    found: list[str] = []
    while (before := letter.answers) is not None:
        found.append(before.message_id)
        letter = before
    return found[::-1]


def _composed(letter: Letter) -> bytes:
    sent = letter.moment.astimezone(letter.sender.timezone)
    references = ancestors(letter)
    return compose(
        sender=letter.sender.mailbox,
        to=letter.to,
        cc=letter.cc,
        subject=letter.subject,
        text=_with_quote(letter),
        html=_html(letter),
        attachments=tuple((e.name, e.media_type, e.data) for e in _enclosures(letter)),
        date=sent,
        message_id=letter.message_id,
        in_reply_to=references[-1] if references else None,
        references=references,
        extra=tuple(_list_fields(letter.mailing_list)),
    )


def _with_quote(letter: Letter) -> str:
    before = letter.answers
    if before is None or letter.sheet.quote == "none":
        return letter.body()
    quoted = "".join(
        f"{'>' if line.startswith('>') else '> '}{line}".rstrip() + "\n" for line in _quotable(before)
    )
    quote = f"{attribution(before.moment, before.sender.name, letter.lang)}\n{quoted}"
    if letter.sheet.quote == "above":
        return f"{quote}\n{letter.body()}"
    return f"{letter.body()}\n{quote}"


def _quotable(letter: Letter) -> Iterable[str]:
    text, _, _ = letter.body().partition("\n-- \n")
    return text.rstrip("\n").split("\n")


def _html(letter: Letter) -> str | None:
    if not letter.sheet.html:
        return None
    slots = {name: dated(value, letter.moment, letter.lang) for name, value in letter.sheet.fill.items()}
    return Template(dated(page(letter.sheet.html), letter.moment, letter.lang)).substitute(slots)


def _enclosures(letter: Letter) -> Iterator[Enclosure]:
    for wish in letter.sheet.attach:
        yield enclosure(_dated_values(wish, letter), letter.moment)


def _dated_values(wish: dict[str, Any], letter: Letter) -> dict[str, Any]:
    return {k: dated(v, letter.moment, letter.lang) if isinstance(v, str) else v for k, v in wish.items()}


def _list_fields(mailing_list: str) -> Iterator[tuple[str, str]]:
    if mailing_list:
        name, address, _ = LISTS[mailing_list]
        yield "List-Id", f"{name} <{address.replace('@', '.')}>"
        yield "List-Post", f"<mailto:{address}>"
        yield "List-Unsubscribe", f"<mailto:{address.replace('@', '-leave@')}>"
        yield "Precedence", "list"


def _by_hand(letter: Letter) -> bytes:
    sent = letter.moment.astimezone(letter.sender.timezone)
    date = field_date(sent)
    raw = letter.sheet.raw.lstrip("\n").replace("{date}", date).replace("{id}", letter.message_id)
    if letter.answers is not None:
        raw = raw.replace("{answers}", letter.answers.message_id)
    return dated(raw, sent, letter.lang).replace("\n", "\r\n").encode(letter.sheet.charset)


def _steady(raw: bytes, message_id: str) -> bytes:
    """The same message with boundaries that follow from its Message-ID."""
    for number, found in enumerate(dict.fromkeys(_BOUNDARY.findall(raw))):
        digest = hashlib.sha256(f"{message_id}/{number}".encode()).hexdigest()[:24]
        raw = raw.replace(found, f"=_{digest}".encode())
    return raw
