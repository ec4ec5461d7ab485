"""Messages on their way out of the store into files, and what tells those that come back from files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.model.folder import View
from tui_mail.model.message import Flag
from tui_mail.model.safe_text import SafeText, safe_identity, safe_text
from tui_mail.store.database import Source
from tui_mail.store.places import in_view


@dataclass(frozen=True, slots=True)
class FileCopy:
    """What a file of a message says beside its octets."""

    message: int
    account: int
    written: int
    """When it was written, seconds since the epoch."""
    received: int
    """The server's INTERNALDATE."""
    flags: Flag
    sender: SafeText
    """Address of the author."""
    subject: SafeText
    here: bool
    """Whether its body is on this machine."""


async def exported(source: Source, view: View | None, ids: Iterable[int]) -> list[FileCopy]:
    """Return what files of messages say, in the order of `ids`; what `view` does not show is left out."""
    shown, params = in_view(view)
    rows = await source.all(
        "SELECT p.message, m.account, p.moment >> 20, p.internal_date, p.flags, m.from_addr, m.subject,"
        " m.body IS NOT NULL FROM json_each(?) j"
        f" CROSS JOIN place p ON p.message = j.value AND {shown} CROSS JOIN message m ON m.id = p.message",
        (json.dumps(list(ids)), *params),
    )
    found: dict[int, FileCopy] = {}
    for id, account, written, received, flags, sender, subject, here in rows:
        found.setdefault(
            id,
            FileCopy(
                message=id,
                account=account,
                written=written,
                received=received or written,
                flags=Flag(flags),
                sender=safe_identity(sender),
                subject=safe_text(subject),
                here=bool(here),
            ),
        )
    return list(found.values())


async def held(
    source: Source, folder: int, below: int, limit: int
) -> list[tuple[int, bytes | None, str, int]]:
    """Return (moment, SHA-256 of the body or None, Message-ID, size) of the next messages of a folder."""
    rows = await source.all(
        "SELECT p.moment, b.sha256, m.message_id, m.size"
        " FROM place p CROSS JOIN message m ON m.id = p.message LEFT JOIN body b"
        " ON b.id = m.body AND b.have = b.size"
        " WHERE p.folder = ? AND p.moment < ? ORDER BY p.moment DESC LIMIT ?",
        (folder, below, limit),
    )
    return [(moment, sha256, message_id, size) for moment, sha256, message_id, size in rows]
