"""Who puts the copy of a sent letter into the folder of sent mail.

Some servers do it themselves for all that goes through them; a second copy from here would stand beside
theirs (sync.md, 9). For every other one the copy is an operation like any other, which looks first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tui_mail.mime.identities import writing_as
from tui_mail.model.account import Account
from tui_mail.model.errors import StoreError
from tui_mail.model.event import OperationsChanged
from tui_mail.model.folder import Role
from tui_mail.model.identity import Identity, SentCopy
from tui_mail.model.message import Flag
from tui_mail.model.operation import FlagChange, NewMessage
from tui_mail.model.outbox import LogLine
from tui_mail.store import bodies, folders, messages, outbox, outbox_files
from tui_mail.store.database import Database, Transaction
from tui_mail.store.effects import Command
from tui_mail.store.messages import Arrival
from tui_mail.store.outbox import Change, Letter
from tui_mail.store.places import places
from tui_mail.sync.arrivals import made_here

FILE_AFTER = 2.0
"""Seconds that a server has to file a letter by itself, before it is looked for."""

FILING = (
    "gmail.com",
    "googlemail.com",
    "office365.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "me.com",
    "icloud.com",
    "zoho.com",
    "zoho.eu",
    "zoho.in",
    "zohocloud.ca",
)
"""Domains of submission servers that file what goes through them: Google, Microsoft, Apple, Zoho."""


def wants_copy(account: Account) -> bool:
    """Tell whether the copy of what an account sends is to be filed from here."""
    if account.sent_copy is not SentCopy.AUTO:
        return account.sent_copy is SentCopy.ALWAYS
    host = account.smtp.host.lower() if account.smtp else ""
    return not any(host == domain or host.endswith(f".{domain}") for domain in FILING)


@dataclass(frozen=True, slots=True)
class Copy:
    """What is to be filed of a letter."""

    raw: bytes
    made: Arrival


async def copy_of(database: Database, letter: Letter, now: float) -> Copy | None:
    """Read what is to be filed of a letter once it is sent; None where nothing is, or where it is filed."""
    if letter.file is None or not letter.wants_copy or letter.sent_at is not None:
        return None
    return await asyncio.to_thread(_read_copy, database, letter.file, now)


def _read_copy(database: Database, file: str, now: float) -> Copy | None:
    try:
        raw = outbox_files.read(database.path, file)
    except StoreError:
        return None
    return Copy(raw, made_here(NewMessage(raw, Flag.SEEN, int(now)), now))


async def settle(
    tx: Transaction,
    account: Account,
    letter: Letter,
    change: Change,
    lines: Sequence[LogLine],
    copy: Copy | None,
    now: float,
) -> bool:
    """Write down that a server has taken a letter, with all that follows; False where it is otherwise by now.

    One transaction: who has it, the operation that files the copy, and the marks of what it answers.
    """
    if not await outbox.change(tx, letter, change, lines):
        return False
    filed_by = None
    if copy is not None and letter.sent_at is None:
        filed_by = await _file(tx, letter, writing_as(account.writes_as, letter.sender), copy, now)
    if letter.sent_at is None:
        await _mark(tx, letter, now)
    answer = next((said for _, said in change.parties.values() if said), "")
    await outbox.sent(tx, letter.id, now, answer, filed_by)
    tx.publish(OperationsChanged(letter.account))
    return True


async def _file(tx: Transaction, letter: Letter, identity: Identity | None, copy: Copy, now: float) -> int:
    """Put the copy of a letter into its folder here; return the operation that takes it to the server."""
    chosen = identity.sent if identity else ""
    folder = await folders.named_or_with_role(tx, letter.account, chosen, Role.SENT, "Sent")
    (id,) = await messages.add_made_here(tx, folder, [copy.made])
    await bodies.put_all(tx, {id: copy.raw}, keep=True)
    command = Command(tx, "Filed in the sent mail", int(now), history="automatic")
    await command.append(letter.account, folder, [id])
    await outbox.file_not_before(tx, command.operations[0], now + FILE_AFTER)
    return command.operations[0]


async def _mark(tx: Transaction, letter: Letter, now: float) -> None:
    """Mark what a letter answers or forwards."""
    for message, flag in await outbox.answers(tx, letter.id):
        unmarked = [one for one in await places(tx, (message,), None) if not one.flags & flag]
        if unmarked:
            sentence = "Marked forwarded" if flag is Flag.FORWARDED else "Marked answered"
            command = Command(tx, sentence, int(now), history="automatic")
            await command.flag(unmarked[0].account, unmarked, FlagChange(flag))
