"""The head of an opened letter: subject, who wrote it and when, to whom, and what is attached.

The real address is always shown, whole, and whatever about the sender is odd is said in words: a name that
shows another address, an address with letters beyond ASCII, several senders, answers that go elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import tzinfo

from tui_mail.model.message import Address, Letter
from tui_mail.model.safe_text import SafeText, safe_identity
from tui_mail.ui.format import Icons, cells, clip, fit, full_date, size_label, steady
from tui_mail.ui.lines import Flow, Hit, Ink, Line, Piece, Place, Target

MEASURE = 120
"""Cells of a line: a little more than prose has, so that the date stands at the edge of most panes."""
SUBJECT_LINES = 4
SENDERS = 5
"""Senders that are listed when there are several."""
ATTACHMENTS = 24
"""Attachments in the bar; the picker has them all."""

_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:]+@(?:[\w-]+\.)+[\w-]+")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """How heads are set."""

    width: int
    icons: Icons
    now: float
    zone: tzinfo | None = None
    """None = this machine's."""
    mine: Set[str] = field(default_factory=frozenset)
    """Addresses of the user in lower case, called "me"."""

    @property
    def measure(self) -> int:
        """Cells of a line."""
        return max(20, min(self.width, MEASURE))

    def lines(self, letter: Letter, *, unfolded: bool = False) -> list[Line]:
        """Return the lines of a head; `unfolded` shows every field instead of the recipients."""
        parts: list[tuple[Piece, ...]] = [*self._sender(letter)]
        parts += self._fields(letter) if unfolded else self._recipients(letter)
        if letter.tags:
            parts += self._flow(Piece(" ".join(f"#{tag}" for tag in letter.tags), Ink.DIM))
        parts += self._attachments(letter)
        subject = [Line(pieces, Place(-3, n), title=True) for n, pieces in enumerate(self._subject(letter))]
        head = [Line(pieces, Place(-2, n)) for n, pieces in enumerate(parts)]
        return [*subject, *head, Line((), Place(-2, len(head)))]

    def _subject(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        if not letter.subject.strip():
            yield (Piece("(no subject)", Ink.DIM),)
            return
        lines = [
            pieces for _, pieces in Flow([Piece(steady(letter.subject), Ink.STRONG)]).lines(self.measure)
        ]
        yield from lines[: SUBJECT_LINES - 1]
        if rest := SafeText(" ".join(piece.text for line in lines[SUBJECT_LINES - 1 :] for piece in line)):
            yield (Piece(clip(rest, self.measure), Ink.STRONG),)

    def _sender(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        date = Piece(full_date(letter.date, self.now, self.zone), Ink.DIM)
        if len(letter.sender) != 1:
            several = f"{self.icons.warning} sender unclear: {len(letter.sender)} are named"
            words = Piece(several, Ink.WARNING) if letter.sender else Piece("no sender is named", Ink.DIM)
            yield from self._beside((words,), date)
            for sender in letter.sender[:SENDERS]:
                yield from self._person(sender)
        else:
            yield from self._beside(_named(letter.sender[0]), date, self._person(letter.sender[0]))
        for hint in _oddities(letter):
            yield from self._flow(Piece(f"{self.icons.warning} {hint}", Ink.WARNING))
        yield from self._answers(letter)

    def _answers(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        own = {sender.address.lower() for sender in letter.sender}
        other = [address for address in letter.reply_to if address.address.lower() not in own]
        for address in other[:SENDERS]:
            yield from self._flow(Piece("answers go to ", Ink.DIM), *_named(address, Ink.DIM))

    def _person(self, person: Address) -> Iterator[tuple[Piece, ...]]:
        return self._flow(*_named(person))

    def _beside(
        self, left: tuple[Piece, ...], date: Piece, broken: Iterable[tuple[Piece, ...]] = ()
    ) -> Iterator[tuple[Piece, ...]]:
        """Put the date at the right edge, or on a line of its own where there is no room beside."""
        gap = self.measure - sum(cells(piece.text) for piece in left) - cells(date.text)
        if gap >= 2:
            yield (*left, Piece(" " * gap), date)
        else:
            yield from broken or (left,)
            yield (date,)

    def _flow(self, *pieces: Piece) -> Iterator[tuple[Piece, ...]]:
        return (line for _, line in Flow(pieces).lines(self.measure))

    def _recipients(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        to, cc = self._names("to", letter.to), self._names("cc", letter.cc)
        if not to and not cc:
            yield (Piece("to nobody named", Ink.DIM),)
        elif to and cc and (len(to) + 3 + len(cc) <= self.measure >= cells(to) + 3 + cells(cc)):
            yield (Piece(f"{to}   {cc}", Ink.DIM),)
        else:
            yield from ((Piece(names, Ink.DIM),) for names in (to, cc) if names)

    def _names(self, word: str, people: Sequence[Address]) -> str:
        """Return as many names as one line holds, and how many more there are."""
        if not people:
            return ""
        names = [self._called(person) for person in people]
        said = f"{word} {clip(names[0], self.measure - 12)}"
        for shown, name in enumerate(names[1:], 1):
            longer = f"{said}, {name}"
            if cells(longer) + len(f" +{len(names) - shown - 1}") > self.measure:
                return f"{said} +{len(names) - shown}"
            said = longer
        return said

    def _called(self, person: Address) -> SafeText:
        if person.address.lower() in self.mine:
            return SafeText("me")
        return steady(person.name or person.address)

    def _fields(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        hang = min(18, self.measure // 3)
        for name, value in letter.fields:
            flow = Flow([Piece(steady(value))])
            for number, (_, pieces) in enumerate(flow.lines(self.measure - hang)):
                yield (Piece(fit(SafeText("" if number else name), hang - 1) + " ", Ink.DIM), *pieces)

    def _attachments(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        line: list[Piece] = []
        taken = 0
        for parcel in self._parcels(letter):
            size = sum(cells(piece.text) for piece in parcel)
            if line and taken + 3 + size > self.measure:
                yield tuple(line)
                line, taken = [], 0
            if line:
                line.append(Piece("   "))
                taken += 3
            line += parcel
            taken += size
        if line:
            yield tuple(line)

    def _parcels(self, letter: Letter) -> Iterator[tuple[Piece, ...]]:
        for number, attachment in enumerate(letter.attachments[:ATTACHMENTS], 1):
            hit = Hit(Target.ATTACHMENT, number)
            size = size_label(attachment.size)
            name = attachment.name or safe_identity(attachment.media_type)
            name = clip(name, self.measure - len(size) - 4)
            yield (
                Piece(f"{self.icons.attachment} ", Ink.DIM, hit=hit),
                Piece(name, hit=hit),
                Piece(f" {size}", Ink.DIM, hit=hit),
            )
        if (more := len(letter.attachments) - ATTACHMENTS) > 0:
            yield (Piece(f"and {more} more", Ink.DIM),)


def _named(person: Address, ink: Ink = Ink.TEXT) -> tuple[Piece, ...]:
    """Return name and real address; a name that looks like an address is never the louder of the two."""
    if not person.name or person.name == person.address:
        return (Piece(person.address or "no address", ink),)
    name, address = (Ink.DIM, ink) if "@" in person.name else (ink, Ink.DIM)
    return Piece(f"{steady(person.name)} ", name), Piece(f"<{person.address}>", address)


def _oddities(letter: Letter) -> Iterator[str]:
    """Say what should not be overlooked about the senders."""
    for sender in letter.sender[:SENDERS]:
        found = _ADDRESS.search(sender.name)
        if found and found[0].lower() != sender.address.lower():
            yield "the name shows another address than the real one"
        if not sender.address.isascii():
            yield f"the address has letters beyond ASCII; its host is {_plain_host(sender.address)}"


def _plain_host(address: str) -> str:
    host = address.rpartition("@")[2]
    try:
        return host.encode("idna").decode("ascii") or "missing"
    except UnicodeError:
        return "not a valid name"
