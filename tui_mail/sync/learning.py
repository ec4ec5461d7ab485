"""Addresses learned from mail, in slices: of senders from their rows, of those written to from the letters.

Machines that nobody can answer teach nothing, unless one wrote to them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from tui_mail.mime.addresses import addresses
from tui_mail.mime.letters import sound
from tui_mail.store import people
from tui_mail.store.database import Database, Transaction
from tui_mail.store.people import Sender, Sighting

ROWS = 2_000
"""Messages looked at in one transaction."""

LENGTH_LIMIT = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3); longer ones are nobody's."""

MANY = 100
"""Recipients of a letter from which on it was not written to people."""

_NOBODY = re.compile(
    r"(?:^|[._+-])(?:no-?_?\.?reply|do-?_?not-?_?reply|ne-?pas-?repondre|noresponder|mailer-daemon|postmaster"
    r"|bounces?|notifications?|newsletters?|listserv|majordomo|unsubscribe)(?:$|[._+@-])|-request@|-bounces@|^bounce",
    re.IGNORECASE,
)


class Learning:
    """Learns from rows that were not looked at yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def senders(self) -> bool:
        """Learn from the next messages; return False where there are none."""
        last, rows = await people.senders_due(self._database.searching, ROWS)
        if not last:
            return False
        async with self._database.cache() as tx:
            await people.learn(tx, _sightings(rows))
            await people.learned_up_to(tx, last)
        return True


async def recipients(tx: Transaction, read: Sequence[tuple[int, int, Sequence[tuple[str, str]]]]) -> None:
    """Learn from letters that were read just now, given as (message, moment of writing, recipients)."""
    if not read:
        return
    sent = await people.sent_of(tx, [message for message, *_ in read])
    found = ((at, persons) for message, at, persons in read if message in sent and len(persons) < MANY)
    await people.learn(tx, (Sighting(*one, at, True) for at, persons in found for one in _kept(persons)))


def _sightings(rows: Iterable[Sender]) -> Iterator[Sighting]:
    for row in rows:
        if row.address and not _NOBODY.search(row.address):
            yield from (Sighting(*one, row.at, False) for one in _kept([(row.name, row.address)]))
        if row.recipients:
            there = addresses(row.recipients)
            yield from (Sighting(*one, row.at, True) for one in _kept(there))


def _kept(persons: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield those that a letter can be sent to, each once, without a name that only repeats the address."""
    once = {address.lower(): (name, address) for name, address in persons if len(address) <= LENGTH_LIMIT}
    for name, address in once.values():
        if sound((name, address)) and not re.search(r"\s", address):
            yield "" if "@" in name or len(name) > LENGTH_LIMIT else name.strip(), address
