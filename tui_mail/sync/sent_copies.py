"""Who puts the copy of a sent letter into the folder of sent mail.

Some servers do it themselves for all that goes through them; a second copy from here would stand beside
theirs (sync.md, 9). For every other one the copy is an operation like any other, which looks first.
"""

from tui_mail.model.account import Account
from tui_mail.model.folder import Role
from tui_mail.model.identity import Identity, SentCopy
from tui_mail.store import bodies, folders, messages, outbox
from tui_mail.store.database import Transaction
from tui_mail.store.effects import Command
from tui_mail.store.messages import Arrival
from tui_mail.store.outbox import Letter

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


async def file_copy(
    tx: Transaction, letter: Letter, identity: Identity | None, raw: bytes, made: Arrival, now: float
) -> int:
    """Put the copy of a letter into its folder here; return the operation that takes it to the server."""
    chosen = identity.sent if identity else ""
    folder = await folders.named_or_with_role(tx, letter.account, chosen, Role.SENT, "Sent")
    (id,) = await messages.add_made_here(tx, folder, [made])
    await bodies.put_all(tx, {id: raw}, keep=True)
    command = Command(tx, "Filed in the sent mail", int(now), history="automatic")
    await command.append(letter.account, folder, [id])
    await outbox.file_not_before(tx, command.operations[0], now + FILE_AFTER)
    return command.operations[0]
