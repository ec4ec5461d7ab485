"""The copies that drafts have in the folder of drafts of their account, so that other devices have them too.

A draft is uploaded once nobody has written at it for a while: the new copy is put there, then the former one
removed, both as operations. Its Message-ID begins with the draft's key, whatever device of ours made it. A
newer copy that came from elsewhere becomes the draft; where the draft was changed here as well, what is newer
wins, and the other text is kept as a version.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tui_mail.engine.drafting import Drafting
from tui_mail.mime.identities import writing_as
from tui_mail.mime.letters import domain_of, draft_copy
from tui_mail.model.account import Account
from tui_mail.model.draft import Draft, Origin
from tui_mail.model.errors import MailError
from tui_mail.model.event import DraftMerged, Event, OperationsChanged
from tui_mail.model.folder import Role
from tui_mail.model.identity import Identity
from tui_mail.model.message import Flag
from tui_mail.model.operation import NewMessage
from tui_mail.store import bodies, drafts, folders, messages
from tui_mail.store.database import Database
from tui_mail.store.draft_files import FIELD
from tui_mail.store.drafts import Kept
from tui_mail.store.effects import Command
from tui_mail.store.places import places
from tui_mail.sync.arrivals import made_here

log = logging.getLogger(__name__)

PAUSE = 30.0
"""Seconds without a change after which a draft is uploaded."""

LONG_PAUSE = 300.0
"""The same for a draft with `HEAVY` attachments, which go with each copy."""

HEAVY = 1 << 20

LOOK_EVERY = 600.0
"""Seconds after which is looked again at the latest."""


class DraftCopies:
    """Keeps the server's copies and the drafts here alike; lives on the engine's loop."""

    def __init__(
        self,
        database: Database,
        drafting: Drafting,
        accounts: Mapping[int, Account],
        publish: Callable[[Sequence[Event]], None],
    ) -> None:
        self._database = database
        self._drafting = drafting
        self._accounts = accounts
        self._publish = publish
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that drafts, or messages that may be copies of some, have changed."""
        self._wake.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._wake.clear()
            try:
                wait = await self.step()
            except MailError as error:
                log.warning("Drafts could not be uploaded: %s", error)
                wait = PAUSE
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def step(self, *, hurry: bool = False) -> float:
        """Do what is due, or all there is to do if in a `hurry`; return in how many seconds more is."""
        await self._drafting.tidy_ended()
        soonest = LOOK_EVERY
        for kept in await drafts.in_state(self._database.lists, drafts.OPEN):
            if kept.account not in self._accounts:
                continue
            try:
                await self._merge(kept)
                soonest = min(soonest, await self._upload(kept.id, hurry=hurry))
            except MailError as error:
                log.warning("A draft could not be uploaded: %s", error)
        return soonest

    async def _upload(self, id: int, *, hurry: bool) -> float:
        """Upload a draft if it is time; return in how many seconds it may be."""
        database = self._database
        kept = await drafts.get(database.lists, id)
        if kept is None or kept.state != drafts.OPEN or kept.version <= kept.uploaded:
            return LOOK_EVERY
        there = [] if kept.message is None else await places(database.lists, (kept.message,), None)
        if any(place.uid is None for place in there):
            return LOOK_EVERY  # the former copy is on its way; when it is there we are woken
        draft = await self._drafting.open(kept)
        if draft.origin is Origin.REDIRECT:
            return LOOK_EVERY  # as a letter of its own it would be another letter
        heavy = sum(one.size for one in draft.enclosures) > HEAVY
        left = kept.changed_at + (LONG_PAUSE if heavy else PAUSE) - time.time()
        if left > 0 and not kept.closed and not hurry:
            return left
        await self._put(kept, draft)
        return LOOK_EVERY

    async def _put(self, kept: Kept, draft: Draft) -> None:
        identities = self._accounts[kept.account].writes_as
        identity = writing_as(identities, draft.sender) or identities[0]
        now = int(time.time())
        new, made = await asyncio.to_thread(self._made, kept, draft, identity, now)
        async with self._database.intention() as tx:
            if await drafts.get(tx, kept.id) != kept:
                return  # changed meanwhile; its event has woken us
            folder = await folders.named_or_with_role(
                tx, kept.account, identity.drafts, Role.DRAFTS, "Drafts"
            )
            (message,) = await messages.add_made_here(tx, folder, [made])
            await bodies.put_all(tx, {message: new.raw}, keep=True)
            command = Command(tx, "Uploaded a draft", now, history="automatic")
            await command.append(kept.account, folder, [message])
            tx.publish(OperationsChanged(kept.account))
            await drafts.remove_copy(tx, kept, now)
            await drafts.uploaded(tx, kept.id, message, kept.version)

    def _made(
        self, kept: Kept, draft: Draft, identity: Identity, now: int
    ) -> tuple[NewMessage, messages.Arrival]:
        """Return the copy and its row; a thread's work."""
        contents = self._drafting.files.contents(draft.enclosures)
        whole = tuple(one for one in draft.enclosures if one.sha256 in contents)
        raw = draft_copy(
            replace(draft, enclosures=whole),
            identity,
            contents,
            date=datetime.fromtimestamp(draft.changed_at).astimezone(),
            message_id=f"{kept.key}.{secrets.token_hex(6)}@{domain_of(identity.address)}",
            extra=[(FIELD, kept.key)],
        )
        new = NewMessage(raw, Flag.DRAFT | Flag.SEEN)
        return new, made_here(new, now)

    async def _merge(self, kept: Kept) -> None:
        """Take in a newer copy of a draft that another device put there, once its text is here."""
        database = self._database
        newer = await drafts.newer_copies(database.lists, kept.account, kept.key, kept.message or 0)
        if not newer:
            return
        raw = await bodies.read(database.bodies, newer[0])
        if raw is None:
            return  # its arrival wakes us
        if await self._drafting.merge(kept, newer[0], raw):
            self._publish((DraftMerged(kept.id),))
