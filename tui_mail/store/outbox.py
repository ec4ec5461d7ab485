"""The outbox: letters on their way out, what is known of each recipient, and the log of each sending.

A change of state is taken only from the state and the try that it was decided for, so two that meet (a person
who takes a letter back, a line that is about to end it, another process) cannot both have their way. Each is
an `intention()` transaction: `committing` is on the disk before the final dot leaves.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tui_mail.model.event import OutboxChanged
from tui_mail.model.message import Flag
from tui_mail.model.outbox import LogLine, Outgoing, Recipient, RecipientState, SendState, Step
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.store import drafts
from tui_mail.store.database import Record, Source, Transaction
from tui_mail.store.values import storable

KEPT_SECONDS = 90 * 86_400
KEPT_LETTERS = 1_000
"""How long a letter that is sent stays listed, and how many do whatever their age."""

WORKED_ON = "('queued', 'sending', 'committing')"
"""States in which the program has something to do for a letter."""

_FILED = (
    "o.state = 'sent' AND (o.wants_copy = 0 OR o.filed_by IS NULL"
    " OR EXISTS (SELECT 1 FROM operation WHERE id = o.filed_by AND state = 'done'))"
)
"""Operations are forgotten once they are done, so one that is no more was done."""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter to be queued; its file is on the disk."""

    account: int
    message_id: str
    """Without brackets."""
    file: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    size: int
    """Octets that go over the line."""
    wants_copy: bool
    not_before: float = 0.0
    held: bool = False
    planned: float = 0.0
    """The time that a person chose; 0.0: none."""
    draft: int | None = None
    answers: tuple[tuple[int, Flag], ...] = ()
    """Messages to be marked once it is sent, and the flag of each."""


@dataclass(frozen=True, slots=True)
class Party:
    """One recipient of a letter."""

    address: str
    state: RecipientState
    asked: bool
    """Whether the final dot that left, or is about to, counts for it."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of the outbox, as those need it that bring it on its way."""

    id: int
    account: int
    message_id: str
    file: str | None
    sender: str
    subject: str
    size: int
    state: SendState
    attempts: int
    """Tries begun; its number tells one try from the next."""
    not_before: float
    held: bool
    planned: float
    error: str
    draft: int | None
    queued_at: int
    sent_at: int | None
    wants_copy: bool
    parties: tuple[Party, ...]

    def addresses(self, *states: RecipientState) -> tuple[str, ...]:
        """Return the recipients in one of these states."""
        return tuple(party.address for party in self.parties if party.state in states)

    @property
    def left(self) -> tuple[str, ...]:
        """Recipients that nobody has taken it for."""
        return self.addresses(RecipientState.LEFT)

    @property
    def is_with_somebody(self) -> bool:
        """Whether a server took it for a recipient, so that it cannot be taken back."""
        return any(party.state not in (RecipientState.LEFT, RecipientState.REFUSED) for party in self.parties)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a letter: its state and all that goes with it."""

    state: SendState
    not_before: float = 0.0
    error: str = ""
    begins: bool = False
    """Whether a new try begins."""
    planned: float = 0.0
    held: bool = False
    parties: Mapping[str, tuple[RecipientState, str]] = field(default_factory=dict)
    """Recipients of whom something else is known now, and the server's sentence."""
    asked: frozenset[str] | None = None
    """For whom the next final dot counts; None: as before."""


_COLUMNS = (
    "id, account, message_id, file, sender, subject, size, state, attempts, not_before, held, planned, error,"
    " draft, queued_at, sent_at, wants_copy"
)


async def add(tx: Transaction, new: NewLetter, now: float) -> int:
    """Write the row of a letter and return its id."""
    inserted = await tx.run(
        "INSERT INTO outbox(account, message_id, file, sender, subject, size, state, attempts, not_before,"
        " held, planned, error, answer, draft, queued_at, wants_copy)"
        " VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?, '', '', ?, ?, ?)",
        (
            new.account,
            storable(new.message_id),
            new.file,
            storable(new.sender),
            storable(new.subject),
            new.size,
            _ms(new.not_before),
            int(new.held),
            _ms(new.planned),
            new.draft,
            int(now),
            int(new.wants_copy),
        ),
    )
    id = inserted.lastrowid
    await tx.many(
        "INSERT OR IGNORE INTO outbox_recipient(outbox, address, state, answer, position)"
        " VALUES (?, ?, 'left', '', ?)",
        [(id, storable(address), n) for n, address in enumerate(new.recipients)],
    )
    await tx.many(
        "INSERT OR IGNORE INTO outbox_answers(outbox, message, flag) VALUES (?, ?, ?)",
        [(id, message, int(flag)) for message, flag in new.answers],
    )
    tx.publish(OutboxChanged())
    return id


async def letter(source: Source, id: int) -> Letter | None:
    """Return one letter."""
    rows = await source.all(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (id,))
    found = await _letters(source, rows)
    return found[0] if found else None


async def worked_on(source: Source, account: int) -> list[Letter]:
    """Return the letters of an account that the program has something to do for, the oldest first."""
    rows = await source.all(
        f"SELECT {_COLUMNS} FROM outbox WHERE account = ? AND state <> 'sent' AND state IN {WORKED_ON}"
        " ORDER BY id",
        (account,),
    )
    return await _letters(source, rows)


async def of_draft(source: Source, draft: int) -> int | None:
    """Return the letter that a draft became and that is not sent."""
    row = await source.one("SELECT max(id) FROM outbox WHERE draft = ? AND state <> 'sent'", (draft,))
    return row[0] if row else None


async def is_only_one(source: Source, one: Letter) -> bool:
    """Tell whether no other letter has this Message-ID, so that finding it somewhere tells of this letter."""
    row = await source.one(
        "SELECT count(*) FROM outbox WHERE message_id = ? AND id <> ?", (one.message_id, one.id)
    )
    return row is None or row[0] == 0


async def change(tx: Transaction, one: Letter, to: Change, lines: Sequence[LogLine] = ()) -> bool:
    """Change the state of a letter, unless it is no longer as it was read; tell whether it was."""
    changed = await tx.run(
        "UPDATE outbox SET state = ?, not_before = ?, error = ?, attempts = attempts + ?, planned = ?,"
        " held = ? WHERE id = ? AND state = ? AND attempts = ?",
        (
            to.state,
            _ms(to.not_before),
            storable(to.error),
            int(to.begins),
            _ms(to.planned),
            int(to.held),
            one.id,
            one.state,
            one.attempts,
        ),
    )
    if not changed.rowcount:
        return False
    await tx.many(
        "UPDATE outbox_recipient SET state = ?, answer = ? WHERE outbox = ? AND address = ?",
        [(state, storable(told), one.id, address) for address, (state, told) in to.parties.items()],
    )
    if to.asked is not None:
        await tx.run(
            "UPDATE outbox_recipient SET asked = address IN (SELECT value FROM json_each(?))"
            " WHERE outbox = ?",
            (json.dumps(sorted(to.asked)), one.id),
        )
    if to.state is SendState.SENT and one.draft is not None:
        await drafts.sent(tx, one.draft)
    await note(tx, one.id, lines)
    tx.publish(OutboxChanged())
    return True


async def sent(tx: Transaction, id: int, now: float, answer: str, filed_by: int | None) -> None:
    """Note when a server first took a letter, what it said, and the operation that files the copy."""
    await tx.run(
        "UPDATE outbox SET sent_at = coalesce(sent_at, ?), answer = ?, filed_by = coalesce(filed_by, ?)"
        " WHERE id = ?",
        (int(now), storable(answer), filed_by, id),
    )


async def file_not_before(tx: Transaction, operation: int, moment: float) -> None:
    """Let the filing of a copy wait until a server that files by itself had the time to."""
    await tx.run("UPDATE operation SET not_before = ? WHERE id = ?", (int(moment) + 1, operation))


async def is_copy(source: Source, operation: int) -> bool:
    """Tell whether an operation files the copy of a sent letter."""
    return await source.one("SELECT 1 FROM outbox WHERE filed_by = ?", (operation,)) is not None


async def copies_due(source: Source, account: int) -> int | None:
    """Return when the next copy of a sent letter may be filed; None where every one is."""
    row = await source.one(
        "SELECT min(p.not_before) FROM outbox o CROSS JOIN operation p ON p.id = o.filed_by"
        " WHERE o.filed_by IS NOT NULL AND p.account = ? AND p.state IN ('pending', 'running')",
        (account,),
    )
    return row[0] if row else None


async def answers(source: Source, id: int) -> list[tuple[int, Flag]]:
    """Return the messages that a letter answers or forwards, and the flag that tells so."""
    rows = await source.all("SELECT message, flag FROM outbox_answers WHERE outbox = ?", (id,))
    return [(message, Flag(flag)) for message, flag in rows]


async def note(tx: Transaction, id: int, lines: Iterable[LogLine]) -> None:
    """Add lines to the log of a letter."""
    await tx.many(
        "INSERT INTO outbox_log(outbox, at, step, sentence) VALUES (?, ?, ?, ?)",
        [(id, _ms(line.at), line.step, storable(line.sentence)) for line in lines],
    )


async def remove(tx: Transaction, one: Letter) -> bool:
    """Take a letter out, unless it is no longer as it was read; its file is to be removed afterwards."""
    gone = await tx.run(
        "DELETE FROM outbox WHERE id = ? AND state = ? AND attempts = ?", (one.id, one.state, one.attempts)
    )
    tx.publish(OutboxChanged())
    return gone.rowcount == 1


_TO_GO = f"SELECT o.id, o.file FROM outbox o WHERE o.file IS NOT NULL AND {_FILED}"


async def has_files_to_go(source: Source) -> bool:
    """Tell whether a letter that is sent and filed still has its file."""
    return await source.one(f"{_TO_GO} LIMIT 1") is not None


async def let_files_go(tx: Transaction) -> list[str]:
    """Part letters that are sent and filed from their files, which are returned to be removed."""
    rows = await tx.all(_TO_GO)
    await tx.many("UPDATE outbox SET file = NULL WHERE id = ?", [(id,) for id, _ in rows])
    return [file for _, file in rows]


async def prune(tx: Transaction, now: float) -> None:
    """Forget what was sent and filed long ago."""
    await tx.run(
        "DELETE FROM outbox WHERE state = 'sent' AND file IS NULL AND sent_at < ? AND id <="
        f" (SELECT id FROM outbox WHERE state = 'sent' ORDER BY id DESC LIMIT 1 OFFSET {KEPT_LETTERS})",
        (int(now) - KEPT_SECONDS,),
    )


# For people.

_SHOWN = (
    "o.id, o.account, o.message_id, o.sender, o.subject, o.size, o.state, o.attempts, o.not_before, o.held,"
    f" o.error, o.queued_at, o.sent_at, {_FILED}, o.draft"
)


async def listed(source: Source, limit: int) -> list[Outgoing]:
    """Return the letters that are not sent, the oldest first, then the newest `limit` of the sent ones."""
    rows = await source.all(f"SELECT {_SHOWN} FROM outbox o WHERE o.state <> 'sent' ORDER BY o.id")
    rows += await source.all(
        f"SELECT {_SHOWN} FROM outbox o WHERE o.state = 'sent' ORDER BY o.sent_at DESC, o.id DESC LIMIT ?",
        (limit,),
    )
    return await _outgoing(source, rows)


async def shown(source: Source, id: int) -> Outgoing | None:
    """Return one letter."""
    found = await _outgoing(source, await source.all(f"SELECT {_SHOWN} FROM outbox o WHERE o.id = ?", (id,)))
    return found[0] if found else None


async def log(source: Source, id: int) -> list[LogLine]:
    """Return what happened to a letter, the oldest line first."""
    rows = await source.all("SELECT at, step, sentence FROM outbox_log WHERE outbox = ? ORDER BY id", (id,))
    return [LogLine(at / 1_000, Step(step), safe_text(sentence)) for at, step, sentence in rows]


async def waiting_count(source: Source) -> int:
    """Return how many letters are not sent yet."""
    row = await source.one("SELECT count(*) FROM outbox WHERE state <> 'sent'")
    return int(row[0]) if row else 0


async def _outgoing(source: Source, rows: Sequence[Record]) -> list[Outgoing]:
    recipients: dict[int, list[Recipient]] = {row[0]: [] for row in rows}
    for id, address, state, answer in await source.all(
        "SELECT r.outbox, r.address, r.state, r.answer FROM json_each(?) j"
        " CROSS JOIN outbox_recipient r ON r.outbox = j.value ORDER BY r.outbox, r.position",
        (json.dumps(list(recipients)),),
    ):
        recipients[id].append(Recipient(safe_identity(address), RecipientState(state), safe_text(answer)))
    return [_one_outgoing(row, recipients[row[0]]) for row in rows]


def _one_outgoing(row: Record, recipients: Sequence[Recipient]) -> Outgoing:
    id, account, message_id, sender, subject, size, state, attempts, not_before, held, *rest = row
    error, queued_at, sent_at, filed, draft = rest
    return Outgoing(
        id=id,
        account=account,
        message_id=safe_identity(message_id),
        sender=safe_identity(sender),
        subject=safe_text(subject),
        size=size,
        state=SendState(state),
        recipients=tuple(recipients),
        attempts=attempts,
        not_before=not_before / 1_000,
        held=bool(held),
        error=safe_text(error),
        queued_at=queued_at,
        sent_at=sent_at,
        filed=bool(filed),
        draft=draft,
    )


async def _letters(source: Source, rows: Sequence[Record]) -> list[Letter]:
    parties: dict[int, list[Party]] = {row[0]: [] for row in rows}
    for id, address, state, asked in await source.all(
        "SELECT r.outbox, r.address, r.state, r.asked FROM json_each(?) j"
        " CROSS JOIN outbox_recipient r ON r.outbox = j.value ORDER BY r.outbox, r.position",
        (json.dumps(list(parties)),),
    ):
        parties[id].append(Party(address, RecipientState(state), bool(asked)))
    return [_letter(row, tuple(parties[row[0]])) for row in rows]


def _letter(row: Record, parties: tuple[Party, ...]) -> Letter:
    id, account, message_id, file, sender, subject, size, state, attempts, not_before, held, *rest = row
    planned, error, draft, queued_at, sent_at, wants_copy = rest
    return Letter(
        id=id,
        account=account,
        message_id=message_id,
        file=file,
        sender=sender,
        subject=subject,
        size=size,
        state=SendState(state),
        attempts=attempts,
        not_before=not_before / 1_000,
        held=bool(held),
        planned=planned / 1_000,
        error=error,
        draft=draft,
        queued_at=queued_at,
        sent_at=sent_at,
        wants_copy=bool(wants_copy),
        parties=parties,
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)
