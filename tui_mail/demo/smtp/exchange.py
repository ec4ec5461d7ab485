"""A mail host: keeps the letterboxes of some domains and hands letters for others on (RFC 5321, 3.6).

It decides who may give it what, stamps what it takes, puts letters into the boxes of its own people and the
rest into its relay. It knows no socket; a counter in front of it speaks SMTP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tui_mail.demo.smtp.parcel import Parcel, Recipient, Reply, new_id
from tui_mail.demo.smtp.relay import Relay
from tui_mail.demo.smtp.reports import Fate, Occasion, Outcome, report
from tui_mail.demo.smtp.traces import (
    Hop,
    goes_in_circles,
    has_stray_line_ends,
    received,
    return_path,
)


class Letterbox(Protocol):
    """Where letters to one address end: a mailbox, or a person who reads them."""

    def deliver(self, letter: bytes, moment: datetime, /) -> None:
        """Take a letter with all the fields of its way."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a strict host does not let in."""

    words: tuple[str, ...] = ()
    """In small letters; looked for in the octets as they travel."""
    largest: int = 0
    """Octets; 0 for as large as the counter takes."""

    def refuses(self, letter: bytes) -> Reply | None:
        """Return why a letter is not let in."""
        if self.largest and len(letter) > self.largest:
            return Reply(552, "5.3.4", f"Nothing above {self.largest // 1000} kB comes into this house")
        text = letter.lower()
        for word in self.words:
            if word.encode() in text:
                return Reply(554, "5.7.1", f"Letters about \u201c{word}\u201d are not wanted here")
        return None


class Exchange:
    """One host; the letterboxes of its domains by address."""

    def __init__(
        self,
        name: str,
        boxes: Mapping[str, Letterbox],
        domains: frozenset[str],
        relay: Relay,
        moment: Callable[[], datetime],
        scan: Scan | None = None,
    ) -> None:
        self.name = name
        self.relay = relay
        self._boxes = boxes
        self._domains = domains
        self._moment = moment
        self._scan = scan or Scan()

    def refuses(self, recipient: Recipient, sender: str, signed_in: bool) -> Reply | None:
        """Return why the host does not take mail for someone; None when it does."""
        if recipient.domain in self._domains:
            known = recipient.mailbox in self._boxes
            return None if known else Reply(550, "5.1.1", f"Nobody called {recipient.address} lives here")
        if not signed_in:
            return Reply(550, "5.7.1", f"{self.name} carries no mail from {sender or 'nobody'} to elsewhere")
        return Reply(452, "4.3.1", "Too many letters are waiting here") if self.relay.is_full else None

    def take(self, parcel: Parcel, hop: Hop) -> Reply:
        """Take a letter, or say why not."""
        if has_stray_line_ends(parcel.letter):
            return Reply(554, "5.6.0", "A line of this letter ends in half a line end")
        if goes_in_circles(parcel.letter):
            return Reply(554, "5.4.6", "This letter goes in circles")
        if refusal := self._scan.refuses(parcel.letter):
            return refusal
        return Reply(250, "2.0.0", f"Taken as {self._stamp(parcel, hop)}")

    def send(self, parcel: Parcel) -> None:
        """Send what was written in this house."""
        self._stamp(parcel, None)

    def _stamp(self, parcel: Parcel, hop: Hop | None) -> str:
        """Send a letter on with the field of this hop; return its name here."""
        letter_id = new_id()
        addresses = tuple(one.address for one in parcel.recipients)
        field = received(hop, self.name, letter_id, addresses, self._moment())
        self._spread(parcel.stamped(field), letter_id)
        return letter_id

    def _spread(self, parcel: Parcel, letter_id: str) -> None:
        here = [one for one in parcel.recipients if one.mailbox in self._boxes]
        elsewhere = [one for one in parcel.recipients if one.domain not in self._domains]
        for address in dict.fromkeys(one.mailbox for one in here):
            self._boxes[address].deliver(return_path(parcel.sender) + parcel.letter, self._moment())
        if elsewhere:
            self.relay.add(parcel.to(*elsewhere), letter_id, self.send)
        asked = [one for one in here if Fate.DELIVERED.wish in one.notify]
        if asked and parcel.sender:
            done = Reply(250, "2.0.0", "put into the mailbox")
            outcomes = [Outcome(one, Fate.DELIVERED, done) for one in asked]
            occasion = Occasion(self.name, letter_id, self._moment(), self._moment())
            self.send(report(parcel, outcomes, occasion))
