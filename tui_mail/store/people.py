"""People: whom letters were sent to and from whom they came, each address once.

A name that the user gave stays. Otherwise what somebody calls himself counts, not what others call him.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui_mail.model.event import PeopleChanged
from tui_mail.model.folder import Role
from tui_mail.model.message import Mark
from tui_mail.model.person import Person
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.store.database import Record, Source, Transaction
from tui_mail.store.values import storable


@dataclass(frozen=True, slots=True)
class Sighting:
    """An address in a letter."""

    name: str
    address: str
    at: int
    """When the letter was written, seconds since the epoch."""
    sent: bool
    """Whether the letter went to it; else it came from it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What the row of a message tells of who wrote it, and to whom where that is all that is known."""

    message: int
    name: str
    address: str
    at: int
    recipients: str
    """Of a sent letter whose text is not here: names, or addresses where there is no name; else ""."""


_COLUMNS = "id, name, address, sent, received, seen_at, by_hand, hidden"


def _person(row: Record) -> Person:
    id, name, address, sent, received, seen_at, by_hand, hidden = row
    words = safe_text(name), safe_identity(address)
    return Person(id, *words, sent, received, seen_at, bool(by_hand), bool(hidden))


def compared(address: str) -> str:
    """Return an address as it is compared with others."""
    return storable(address).lower()


async def learn(tx: Transaction, sightings: Iterable[Sighting]) -> None:
    """Add what letters tell of people."""
    rows = [
        (
            compared(one.address),
            storable(one.address),
            storable(one.name),
            int(one.sent),
            int(not one.sent),
            one.at,
        )
        for one in sightings
    ]
    await tx.many(
        "INSERT INTO person(compared, address, name, sent, received, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT(compared) DO UPDATE SET sent = sent + ?4, received = received + ?5,"
        " address = CASE WHEN ?6 >= seen_at AND by_hand = 0 THEN ?2 ELSE address END,"
        " name = CASE WHEN ?3 <> '' AND by_hand = 0 AND (name = '' OR (?5 = 1 AND ?6 >= seen_at))"
        " THEN ?3 ELSE name END, seen_at = max(seen_at, ?6)",
        rows,
    )
    if rows:
        tx.publish(PeopleChanged())


async def senders_due(source: Source, limit: int) -> tuple[int, list[Sender]]:
    """Return up to which message the next are, and what the rows of these tell; 0 where there are none.

    Lists, junk and the trash teach nobody's address; neither do drafts.
    """
    last = await source.one(
        "SELECT max(id) FROM (SELECT id FROM message WHERE id > (SELECT message FROM learned)"
        " ORDER BY id LIMIT ?)",
        (limit,),
    )
    if last is None or last[0] is None:
        return 0, []
    rows = await source.all(
        "SELECT m.id, m.from_name, m.from_addr, m.moment >> 20,"
        f" max(p.role = {Role.SENT:d}), m.body IS NULL, m.recipients"
        " FROM message m CROSS JOIN place p ON p.message = m.id"
        f" WHERE m.id > (SELECT message FROM learned) AND m.id <= ? AND m.marks & {Mark.LIST:d} = 0"
        f" AND p.role NOT IN ({Role.DRAFTS:d}, {Role.JUNK:d}, {Role.TRASH:d}) GROUP BY m.id",
        (last[0],),
    )
    return last[0], [
        Sender(id, "" if sent else name, "" if sent else address, at, recipients if sent and bare else "")
        for id, name, address, at, sent, bare, recipients in rows
    ]


async def learned_up_to(tx: Transaction, message: int) -> None:
    """Write down up to which message senders are learned."""
    await tx.run("UPDATE learned SET message = ?", (message,))


async def sent_of(source: Source, messages: Sequence[int]) -> set[int]:
    """Return those of these messages that lie in a folder of sent mail."""
    rows = await source.all(
        "SELECT p.message FROM json_each(?) j CROSS JOIN place p ON p.message = j.value"
        f" WHERE p.role = {Role.SENT:d}",
        (_json(messages),),
    )
    return {message for (message,) in rows}


async def everybody(source: Source, *, hidden: bool = False) -> list[Person]:
    """Return all people: those written to first, the most recent before the others."""
    rows = await source.all(
        f"SELECT {_COLUMNS} FROM person WHERE hidden <= ?"
        " ORDER BY sent > 0 OR by_hand = 1 DESC, seen_at DESC, id",
        (int(hidden),),
    )
    return await asyncio.to_thread(lambda: [_person(row) for row in rows])


async def known(source: Source, addresses: Iterable[str]) -> dict[str, Person]:
    """Return who of these addresses is known, by the address as it is compared."""
    rows = await source.all(
        f"SELECT compared, {_COLUMNS} FROM person WHERE compared IN (SELECT value FROM json_each(?))",
        (_json([compared(one) for one in addresses]),),
    )
    return {key: _person(tuple(row)) for key, *row in rows}


async def written_to(source: Source) -> list[str]:
    """Return the addresses that letters were sent to, as they are compared."""
    rows = await source.all("SELECT compared FROM person WHERE sent > 0 OR by_hand = 1")
    return [key for (key,) in rows]


async def add(tx: Transaction, name: str, address: str, now: int) -> int:
    """Write somebody down, or give somebody known this name; return the id."""
    await tx.run(
        "INSERT INTO person(compared, address, name, seen_at, by_hand) VALUES (?1, ?2, ?3, ?4, 1)"
        " ON CONFLICT(compared) DO UPDATE SET address = ?2, name = ?3, by_hand = 1, hidden = 0",
        (compared(address), storable(address), storable(name), now),
    )
    tx.publish(PeopleChanged())
    row = await tx.one("SELECT id FROM person WHERE compared = ?", (compared(address),))
    return row[0] if row else 0


async def rename(tx: Transaction, id: int, name: str) -> None:
    """Give somebody a name that stays."""
    await tx.run("UPDATE person SET name = ?, by_hand = 1 WHERE id = ?", (storable(name), id))
    tx.publish(PeopleChanged())


async def hide(tx: Transaction, id: int, *, hidden: bool) -> None:
    """Propose somebody no more, or again."""
    await tx.run("UPDATE person SET hidden = ? WHERE id = ?", (int(hidden), id))
    tx.publish(PeopleChanged())


async def forget(tx: Transaction, id: int) -> None:
    """Forget somebody; the next letter teaches the address anew."""
    await tx.run("DELETE FROM person WHERE id = ?", (id,))
    tx.publish(PeopleChanged())


def _json(values: Sequence[object]) -> str:
    return json.dumps(list(values))
