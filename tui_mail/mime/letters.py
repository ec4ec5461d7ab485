"""A draft as the letter that leaves (RFC 5322; 2045–2047; 3676; 6531): its octets, and whom they go to.

Two forms of one letter: the stored one knows Bcc, the one on the wire does not. All is 7-bit, unless a local
part beyond ASCII needs SMTPUTF8; then the address fields alone are UTF-8. Nothing tells what wrote it.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tui_mail.mime.addresses import addresses
from tui_mail.mime.build import message
from tui_mail.mime.entities import Entity, attachment, inner_message, multipart, text
from tui_mail.mime.fields import address, bracketed, clean, field, people, unstructured
from tui_mail.mime.flowed import PARAMETERS, flowed
from tui_mail.mime.hosts import ascii_host
from tui_mail.mime.markdown import html_of
from tui_mail.mime.original import travelling
from tui_mail.model.draft import Draft, Enclosure, Origin
from tui_mail.model.errors import MailError
from tui_mail.model.identity import Identity
from tui_mail.model.safe_text import safe_identity, safe_text

REFERENCES = 40
"""Message-IDs of a References field: the oldest, and the newest of the rest."""

_PARTED = re.compile(r"[\r\n]+")

Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Built:
    """A letter, ready to be queued."""

    raw_with_bcc: bytes
    """As it is kept; the same octets where nobody gets it in secret."""
    wire: bytes
    """As it leaves."""
    recipients: tuple[str, ...]
    """Of the envelope, each once."""
    utf8: bool
    """Whether it needs a server that speaks SMTPUTF8."""
    message_id: str
    """Without brackets; of a redirected letter that of its Resent fields."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """The three address fields of a draft, read."""

    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]

    @property
    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order of the fields."""
        return (*self.to, *self.cc, *self.bcc)


def recipients(draft: Draft) -> Recipients:
    """Return whom a draft names; one whose address is none is there too."""
    return Recipients(*(tuple(_read(field)) for field in (draft.to, draft.cc, draft.bcc)))


def _read(typed: str) -> Iterator[Person]:
    """Yield the persons of a typed field; words beside an address without brackets make it none.

    "jo@exa mple.org" must not become a letter to jo@exa.
    """
    for name, where in addresses(_PARTED.sub(", ", typed)):
        bare = bool(name and where) and f"<{where}>" not in typed.replace(" ", "") and "(" not in typed
        yield (f"{name} {where}", "") if bare else (name, where)


def sound(person: Person) -> bool:
    """Tell whether a letter can be sent to a person."""
    try:
        local, at, domain = address(person[1], utf8=True).rpartition("@")
    except ValueError:
        return False
    return bool(local.strip('"') and at and domain.strip("."))


def new_message_id(sender: str) -> str:
    """Return a Message-ID without brackets, random, at the domain of the sender."""
    return f"{secrets.token_hex(16)}@{domain_of(sender)}"


def build(
    draft: Draft,
    identity: Identity,
    contents: Mapping[str, bytes],
    *,
    date: datetime,
    message_id: str = "",
) -> Built:
    """Return a draft as a letter; raises MailError, in words, for what cannot leave like this.

    `contents` are the octets of its enclosures by their sha256, `message_id` is made where none is given.
    """
    named = recipients(draft)
    _check(named, identity)
    envelope = _envelope(named)
    utf8 = not all(one.isascii() for one in (identity.address, *envelope))
    message_id = message_id or new_message_id(identity.address)
    if draft.origin is Origin.REDIRECT:
        head = _resent(named, identity, date, message_id, utf8=utf8)
        rest = _original(draft, contents)
        wire, kept = head + rest, _field_of("Resent-Bcc", named.bcc, utf8=utf8) + head + rest
    else:
        content = _content(draft, contents)
        wire = message(_fields(draft, named, identity, date, message_id, utf8=utf8), content)
        kept = _field_of("Bcc", named.bcc, utf8=utf8) + wire
    return Built(kept, wire, envelope, utf8, message_id)


def draft_copy(
    draft: Draft,
    identity: Identity,
    contents: Mapping[str, bytes],
    *,
    date: datetime,
    message_id: str,
    extra: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return a draft as it stands in the folder of drafts: whatever is unfinished of it is there as typed.

    `extra` are fields of this program, by which it knows the draft again.
    """
    written = [("Date", format_datetime(date)), ("From", _tolerant(((identity.name, identity.address),)))]
    for name, typed in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)):
        if typed.strip():
            written.append((name, _tolerant(_read(typed)) or unstructured(typed)))
    written += [("Subject", unstructured(draft.subject)), ("Message-ID", bracketed(message_id))]
    written += [*_conversation(draft), *((name, unstructured(value)) for name, value in extra)]
    return message(written, _content(draft, contents))


def _tolerant(found: Iterable[Person]) -> str:
    """Return persons as an address field; one that cannot be written is there as text."""
    written = []
    for name, where in found:
        try:
            written.append(people([(name, where)]) if where else unstructured(name))
        except ValueError:
            written.append(unstructured(f"{name} {where}".strip()))
    return ", ".join(written)


def _check(named: Recipients, identity: Identity) -> None:
    if not sound((identity.name, identity.address)):
        raise MailError(f"{safe_identity(identity.address)} is no address to write from")
    if not named.all:
        raise MailError("The letter has no recipient", hint="Name somebody in To, Cc or Bcc")
    for name, where in named.all:
        if not sound((name, where)):
            raise MailError(f"“{safe_text(where or name, 80)}” is no address that a letter can be sent to")


def _envelope(named: Recipients) -> tuple[str, ...]:
    once: dict[tuple[str, str], str] = {}
    for _, where in named.all:
        written = address(where, utf8=True)
        local, _, domain = written.rpartition("@")
        once.setdefault((local, domain.lower()), written)
    return tuple(once.values())


def _fields(
    draft: Draft, named: Recipients, identity: Identity, date: datetime, message_id: str, *, utf8: bool
) -> list[tuple[str, str]]:
    """Return the fields of a letter, Bcc left out."""
    sender = people([(identity.name, identity.address)], utf8=utf8)
    written = [("Date", format_datetime(date)), ("From", sender)]
    if identity.reply_to:
        written.append(("Reply-To", _own(identity.reply_to, utf8=utf8)))
    for name, persons in (("To", named.to), ("Cc", named.cc)):
        if persons:
            written.append((name, people(persons, utf8=utf8)))
    if not named.to and not named.cc:
        written.append(("To", "undisclosed-recipients:;"))
    written += [("Subject", unstructured(draft.subject)), ("Message-ID", bracketed(message_id))]
    return written + _conversation(draft)


def _own(reply_to: str, *, utf8: bool) -> str:
    try:
        return people(addresses(reply_to), utf8=utf8)
    except ValueError:
        raise MailError(f"{safe_identity(reply_to)} cannot stand in Reply-To") from None


def _conversation(draft: Draft) -> list[tuple[str, str]]:
    """Return In-Reply-To and References (RFC 5322, 3.6.4)."""
    written = []
    if draft.in_reply_to:
        written.append(("In-Reply-To", bracketed(draft.in_reply_to)))
    if draft.references:
        ids = draft.references
        ids = ids if len(ids) <= REFERENCES else (ids[0], *ids[1 - REFERENCES :])
        written.append(("References", " ".join(map(bracketed, ids))))
    return written


def _resent(named: Recipients, identity: Identity, date: datetime, message_id: str, *, utf8: bool) -> bytes:
    """Return the fields that stand before a letter that is sent on (RFC 5322, 3.6.6)."""
    sender = people([(identity.name, identity.address)], utf8=utf8)
    head = field("Resent-Date", format_datetime(date)) + field("Resent-From", sender)
    head += _field_of("Resent-To", named.to, utf8=utf8) + _field_of("Resent-Cc", named.cc, utf8=utf8)
    return head + field("Resent-Message-ID", bracketed(message_id))


def _field_of(name: str, persons: Sequence[Person], *, utf8: bool) -> bytes:
    return field(name, people(persons, utf8=utf8)) if persons else b""


def _original(draft: Draft, contents: Mapping[str, bytes]) -> bytes:
    if not draft.enclosures:
        raise MailError("The message to be redirected is no longer there")
    try:
        return travelling(_octets(draft.enclosures[0], contents))
    except ValueError as error:
        raise MailError(str(error), hint="Forward it as an attachment instead") from None


def _content(draft: Draft, contents: Mapping[str, bytes]) -> Entity:
    texts = [text(flowed(draft.text), parameters=PARAMETERS)]
    if draft.markdown:
        texts.append(text(html_of(draft.text), "html"))
    files = [_enclosed(one, _octets(one, contents)) for one in draft.enclosures]
    return multipart("mixed", [multipart("alternative", texts), *files])


def _enclosed(one: Enclosure, octets: bytes) -> Entity:
    if one.media_type == "message/rfc822":
        try:
            return inner_message(one.name, travelling(octets))
        except ValueError:  # damaged: as a mere file it still arrives octet for octet
            return attachment(one.name, "application/octet-stream", octets)
    return attachment(one.name, one.media_type, octets)


def _octets(one: Enclosure, contents: Mapping[str, bytes]) -> bytes:
    if one.sha256 not in contents:
        raise MailError(f"The attachment {safe_identity(one.name)} can no longer be read")
    return contents[one.sha256]


def domain_of(sender: str) -> str:
    """Return the domain of an address as it may stand in a Message-ID, or one that nobody has."""
    domain = clean(sender).rpartition("@")[2]
    try:
        written = ascii_host(domain)
    except ValueError:
        written = ""
    return written if re.fullmatch(r"[A-Za-z0-9.-]+", written) else "localhost.invalid"
