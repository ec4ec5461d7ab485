"""Answers, forwards and their kin begun from a message (RFC 5322, 3.6.2 to 3.6.6; 2369; Mail-Followup-To).

Who gets an answer: Reply-To, else From. All: besides them To and Cc, or Mail-Followup-To alone where the
sender set it. The list: Mail-Followup-To, else List-Post. Nobody twice, oneself not at all, Bcc never. No
text of the message gets into a field but as a word of it: controls are spaces there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from tui_mail.mime.addresses import addresses
from tui_mail.mime.fields import clean
from tui_mail.mime.headers import decode_field, fields, first_value, message_id, references
from tui_mail.mime.identities import Owned, own, same, sent_to
from tui_mail.mime.mailto import parse as parse_mailto
from tui_mail.mime.original import without_bcc
from tui_mail.mime.parse import read
from tui_mail.mime.quoting import plain, quoted, quoted_text
from tui_mail.mime.subjects import forward_subject, reply_subject
from tui_mail.model.draft import Draft, Origin
from tui_mail.model.errors import MailError
from tui_mail.model.safe_text import safe_identity, safe_text

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FORWARDED = "---------- Forwarded message ----------"
_ID = re.compile(r"<([^<>\s]+)>")
_ANGLED = re.compile(r"<\s*(mailto:[^>\s]+)\s*>", re.IGNORECASE)

Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A message that something is begun from."""

    message: int
    """`message.id`"""
    account: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and where."""

    owned: Sequence[Owned]
    """Every identity with its account."""
    zone: tzinfo | None = None
    """In which dates are told; None: the system's."""

    def is_own(self, address: str) -> bool:
        """Tell whether an address is one of the writer's."""
        return own((identity for _, identity in self.owned), address)


def reply(source: Source, writer: Writer, *, to_all: bool, to_list: bool, selection: str | None) -> Draft:
    """Begin an answer; raises MailError where a list is to be answered and the message names none."""
    found = fields(source.raw)
    account, identity = sent_to(writer.owned, source.account, found)
    to, cc = _list_recipients(found) if to_list else _recipients(found, writer, to_all=to_all)
    if not to_list:
        to, cc = _without_own(to, cc, writer)
    content = read(source.raw)
    words = quoted(content.document) if selection is None else quoted_text(selection)
    parent, ids = _conversation(found)
    quote = f"{attribution(source.raw, writer.zone)}\n{words}\n\n" if words else ""
    return Draft(
        account=account,
        sender=identity.address,
        to=_written(to),
        cc=_written(cc),
        subject=reply_subject(clean(decode_field(first_value(found, "subject")))),
        text=quote + _signed(identity.signature),
        origin=Origin.REPLY,
        answers=(source.message,),
        in_reply_to=parent,
        references=ids,
    )


def forward(sources: Sequence[Source], writer: Writer, *, attached: bool) -> Draft:
    """Begin a letter that passes messages on; what is attached of them is for the caller to enclose."""
    first = sources[0]
    found = fields(first.raw)
    account, identity = sent_to(writer.owned, first.account, found)
    text = "" if attached else "\n".join(f"\n\n{_passed_on(one.raw, writer.zone)}" for one in sources)
    subject = clean(decode_field(first_value(found, "subject")))
    if len(sources) > 1:
        subject = f"{len(sources)} messages"
    return Draft(
        account=account,
        sender=identity.address,
        subject=forward_subject(subject),
        text=f"{text}\n{_signed(identity.signature)}" if text else _signed(identity.signature),
        origin=Origin.FORWARD,
        answers=tuple(one.message for one in sources),
        references=_conversation(found)[1] if len(sources) == 1 else (),
    )


def redirect(source: Source, writer: Writer) -> Draft:
    """Begin sending a message on as it is."""
    found = fields(source.raw)
    account, identity = sent_to(writer.owned, source.account, found)
    subject = clean(decode_field(first_value(found, "subject")))
    return Draft(
        account,
        identity.address,
        subject=subject,
        origin=Origin.REDIRECT,
        answers=(source.message,),
    )


def as_enclosure(raw: bytes) -> tuple[str, bytes]:
    """Return a name for a message that is attached, and its octets without secret recipients."""
    subject = clean(decode_field(first_value(fields(raw), "subject")))[:80]
    return f"{subject or 'message'}.eml", without_bcc(raw)


def attribution(raw: bytes, zone: tzinfo | None) -> str:
    """Return the line that stands over a quote."""
    content = read(raw)
    sender = next(iter(content.sender), None)
    who = (sender.name or sender.address) if sender else ""
    who = who or safe_text("somebody")
    return f"On {_day(content.date, zone)}, {who} wrote:" if content.date else f"{who} wrote:"


def _day(date: int, zone: tzinfo | None) -> str:
    at = datetime.fromtimestamp(date).astimezone() if zone is None else datetime.fromtimestamp(date, zone)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year} at {at:%H:%M}"


def _signed(signature: str) -> str:
    return f"\n-- \n{signature}" if signature.strip() else ""


def signed(text: str, signature: str) -> str:
    """Return a text with a signature under it."""
    return f"{text}\n{_signed(signature)}" if signature.strip() else text


def _passed_on(raw: bytes, zone: tzinfo | None) -> str:
    content = read(raw)
    told = [("From", content.sender), ("To", content.to), ("Cc", content.cc)]
    lines = [_FORWARDED, f"Subject: {content.subject}"]
    if content.date:
        lines.append(f"Date: {_day(content.date, zone)}")
    for name, people in told:
        if people:
            shown = ", ".join(f"{one.name} <{one.address}>" if one.name else one.address for one in people)
            lines.append(f"{name}: {shown}")
    return "\n".join((*lines, "", plain(content.document), ""))


# Whom an answer goes to.


def _recipients(
    found: Sequence[Person], writer: Writer, *, to_all: bool
) -> tuple[list[Person], list[Person]]:
    if to_all and (asked := _people(found, "mail-followup-to")):
        return asked, []
    authors = _people(found, "from")
    to = _people(found, "reply-to") or authors
    if authors and all(writer.is_own(address) for _, address in authors):
        to = _people(found, "to") or to  # an answer to what one wrote oneself goes where that went
        return to, _people(found, "cc") if to_all else []
    if not to_all:
        return to, []
    return [*to, *_people(found, "to")], _people(found, "cc")


def _list_recipients(found: Sequence[Person]) -> tuple[list[Person], list[Person]]:
    asked = _people(found, "mail-followup-to")
    posts = (parse_mailto(url).to for url in _ANGLED.findall(first_value(found, "list-post")))
    to = asked or next((addresses(post) for post in posts if post), [])
    if not to:
        raise MailError(
            "This message names no list that takes letters", hint="Answer all that it went to instead"
        )
    return to, []


def _without_own(
    to: Iterable[Person], cc: Iterable[Person], writer: Writer
) -> tuple[list[Person], list[Person]]:
    """Return recipients once each, without the writer; only who writes to himself stays."""
    kept_to: list[Person] = []
    kept_cc: list[Person] = []
    everybody = list(to)
    for people, kept in ((everybody, kept_to), (cc, kept_cc)):
        for name, address in people:
            known = any(same(address, other) for _, other in (*kept_to, *kept_cc))
            if address and not known and not writer.is_own(address):
                kept.append((name, address))
    if not kept_to and kept_cc:
        return kept_cc, []
    return kept_to or everybody[:1], kept_cc


def _people(found: Sequence[Person], wanted: str) -> list[Person]:
    values = (value for name, value in found if name.lower() == wanted)
    return [one for value in values for one in addresses(value) if "@" in one[1]]


def _written(people: Iterable[Person]) -> str:
    """Return persons as a person would type them; what cannot be written stays, to be mended or refused."""
    return ", ".join(map(typed, people))


def typed(one: Person) -> str:
    """Return a person as somebody would type it."""
    name, address = clean(one[0]), clean(one[1])
    if not name:
        return safe_identity(address)
    if re.search(r'[",;:<>()@\\\[\].]', name):
        name = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    return f"{safe_text(name)} <{safe_identity(address)}>"


def _conversation(found: Sequence[Person]) -> tuple[str, tuple[str, ...]]:
    """Return what goes into In-Reply-To and References (RFC 5322, 3.6.4), without brackets."""
    parent = _bare(message_id(first_value(found, "message-id")))
    before = references(first_value(found, "references")).split()
    if not before:
        above = _ID.findall(first_value(found, "in-reply-to"))
        before = above if len(above) == 1 else []
    ids = dict.fromkeys(one for one in (*map(_bare, before), parent) if one)
    return parent, tuple(ids)


def _bare(message_id: str) -> str:
    return message_id.strip("<>")
