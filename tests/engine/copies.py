"""What the store holds and what a server holds, in one form, so that the two can be compared."""

from collections.abc import Iterable
from dataclasses import dataclass

from imapclient import IMAPClient

from tui_mail.demo.mailboxes import User
from tui_mail.engine import Engine
from tui_mail.model.folder import FolderView
from tui_mail.model.message import Flag

FLAGS = {
    b"\\seen": Flag.SEEN,
    b"\\flagged": Flag.FLAGGED,
    b"\\answered": Flag.ANSWERED,
    b"\\draft": Flag.DRAFT,
    b"\\deleted": Flag.DELETED,
    b"$forwarded": Flag.FORWARDED,
}


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """One message of a folder."""

    uid: int | None
    flags: Flag
    raw: bytes | None
    """The whole of it; None where only its row is here."""


Copy = dict[str, list[Held]]
"""Every message of every folder, by the folder's name, in the order of UIDs."""


async def held_here(engine: Engine) -> Copy:
    """What the store holds."""
    copy: Copy = {}
    for folder in await engine.reading.folders():
        view = FolderView(folder.id)
        ids, _ = await engine.reading.entries(view, limit=100_000)
        rows = await engine.reading.rows(view, list(ids))
        held = [Held(row.uid, row.flags, await engine.reading.source(row.id)) for row in rows]
        copy[folder.name] = sorted(held, key=lambda one: (one.uid or 0, one.raw or b""))
    return copy


def held_by(user: User) -> Copy:
    """What the model of a post office holds."""
    return {
        box.name: [
            Held(uid, _flags(flag.encode() for flag in stored.flags), stored.content.raw)
            for uid, stored in sorted(box.messages.items())
        ]
        for box in user.mailboxes.values()
    }


def held_there(client: IMAPClient) -> Copy:
    """What a server tells another client that it holds."""
    copy: Copy = {}
    for _, _, name in client.list_folders():
        client.select_folder(name, readonly=True)
        uids = client.search(["ALL"])
        found = client.fetch(uids, ["FLAGS", "BODY.PEEK[]"]) if uids else {}
        copy[name] = [Held(uid, _flags(one[b"FLAGS"]), one[b"BODY[]"]) for uid, one in sorted(found.items())]
    return copy


def letters(copy: Copy) -> list[bytes | None]:
    """The messages of all folders without their places, to see that each is there once."""
    return sorted((one.raw for held in copy.values() for one in held), key=lambda raw: raw or b"")


def _flags(words: Iterable[bytes]) -> Flag:
    flags = Flag.NONE
    for word in words:
        flags |= FLAGS.get(word.lower(), Flag.NONE)
    return flags


def differences(here: Copy, there: Copy) -> list[tuple[str, int | None, Flag, int | None]]:
    """What only one side holds: folder, UID, flags and octets of each, so that a failure can be read."""
    return [
        (name, one.uid, one.flags, None if one.raw is None else len(one.raw))
        for name in sorted({*here, *there})
        for one in sorted(set(here.get(name, [])) ^ set(there.get(name, [])), key=str)
    ]
