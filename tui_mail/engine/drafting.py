"""Drafts on the disk: stored, read, taken in from elsewhere, and let go of; on the engine's loop."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from tui_mail.mime.identities import writing_as
from tui_mail.mime.names import file_name
from tui_mail.mime.resuming import resumed
from tui_mail.model.account import Account
from tui_mail.model.draft import Draft, Enclosure
from tui_mail.model.errors import ConfigError, MailError, StoreError
from tui_mail.store import accounts as account_rows
from tui_mail.store import drafts
from tui_mail.store.database import Database
from tui_mail.store.draft_files import DraftFiles, new_key
from tui_mail.store.drafts import Kept

log = logging.getLogger(__name__)

SETTLED = 60.0
"""Seconds after which a file without a row is nobody's work in progress."""

DAY = 86_400.0

MUCH = 1_000
"""Octets that a text loses at least where so much is lost at once that it is kept as a version."""


class Drafting:
    """One writer of drafts: what it does to one of them is never mixed with another call."""

    def __init__(self, database: Database, files: DraftFiles, accounts: Mapping[int, Account]) -> None:
        self._database = database
        self.files = files
        self._accounts = accounts
        self._turn = asyncio.Lock()

    async def store(self, draft: Draft, *, key: str = "") -> Draft:
        """Put a draft on the disk; return it with its id and version. `key` is what it had elsewhere."""
        async with self._turn:
            before = await drafts.get(self._database.lists, draft.id) if draft.id else None
            if before is not None and before.state in (drafts.QUEUED, drafts.SENT):
                raise MailError("This letter is in the outbox", hint="Take it back from there to change it")
            return await self._write(draft, before, before.key if before else key or new_key())

    async def open(self, kept: Kept) -> Draft:
        """Return a draft; where its newest version cannot be read, the newest one that can."""
        older = await drafts.versions(self._database.lists, kept.id)
        damage: Exception | None = None
        for file in (kept.file, *(one.file for one in older)):
            try:
                written = await asyncio.to_thread(self.files.read, file)
            except (StoreError, ValueError) as error:
                damage = damage or error
            else:
                return replace(written.draft, account=kept.account, id=kept.id, version=kept.version)
        raise StoreError("A draft cannot be read any more", hint=f"Look at {self.files.folder}") from damage

    async def open_all(self, state: str) -> tuple[Draft, ...]:
        """Return the drafts in a state that can be read, the one that was changed last first."""
        found = []
        for kept in await drafts.in_state(self._database.lists, state):
            try:
                found.append(await self.open(kept))
            except StoreError as error:
                log.warning("%s", error)
        return tuple(found)

    async def versions(self, id: int) -> tuple[Draft, ...]:
        """Return the older versions of a draft that can be read, the newest first."""
        kept = await self.get(id)
        found = []
        for version in await drafts.versions(self._database.lists, id):
            try:
                written = await asyncio.to_thread(self.files.read, version.file)
            except (StoreError, ValueError) as error:
                log.warning("A version of a draft cannot be read: %s", error)
            else:
                found.append(replace(written.draft, account=kept.account, id=id))
        return tuple(found)

    async def get(self, id: int) -> Kept:
        """Return what is known of a draft; raises MailError where it is gone."""
        kept = await drafts.get(self._database.lists, id)
        if kept is None or kept.state == drafts.SENT:
            raise MailError("The draft is no longer there")
        return kept

    async def enclose(self, draft: Draft, name: str, media_type: str, content: bytes) -> Draft:
        """Return a draft with octets attached under a name."""
        sha256 = await asyncio.to_thread(self.files.enclose, content)
        enclosure = Enclosure(file_name(name), media_type, len(content), sha256)
        return replace(draft, enclosures=(*draft.enclosures, enclosure))

    async def read_back(self, account: int, raw: bytes) -> Draft:
        """Return what a message of an account says as a draft, its attachments kept."""
        found = await asyncio.to_thread(resumed, raw)
        owner = self._account(account)
        draft = replace(found.draft, account=account)
        if writing_as(owner.writes_as, draft.sender) is None:
            draft = replace(draft, sender=owner.email)
        for name, media_type, content in found.files:
            draft = await self.enclose(draft, name, media_type, content)
        return draft

    async def adopt(self, message: int, key: str, draft: Draft) -> Draft:
        """Take up a message of a folder of drafts; return the draft whose copy it is from now on."""
        known = await drafts.by_key(self._database.lists, key) if key else None
        stored = await self.store(draft, key="" if known else key)
        async with self._database.intention() as tx:
            await drafts.uploaded(tx, stored.id, message, stored.version)
        return stored

    async def merge(self, kept: Kept, message: int, raw: bytes) -> bool:
        """Take in a copy that another device made; tell whether that met a change made here.

        What is newer becomes the draft; what it replaces is kept as a version.
        """
        theirs = await self.read_back(kept.account, raw)
        async with self._turn:
            if await drafts.get(self._database.lists, kept.id) != kept:
                return False  # changed meanwhile: its event lets us look again
            ours = await self.open(kept)
            differs = not _same(ours, theirs)
            changed_here = differs and kept.version > kept.uploaded
            theirs = replace(theirs, id=kept.id, origin=ours.origin, answers=ours.answers)
            uploaded = kept.version
            if differs:
                uploaded = (await self._write(theirs, kept, kept.key, keep=True)).version
            if changed_here and ours.changed_at > theirs.changed_at:
                await self._write(ours, await self.get(kept.id), kept.key, keep=True)
                uploaded = 0
            async with self._database.intention() as tx:
                await drafts.remove_copy(tx, kept, int(time.time()))
                await drafts.uploaded(tx, kept.id, message, uploaded)
            return changed_here

    async def tidy(self) -> None:
        """Take up files that no row names, as a crash or a new database leaves them; drop what is over."""
        await self.tidy_ended()
        async with self._turn:
            named = await drafts.files(self._database.lists)
            strays = await asyncio.to_thread(self.files.strays, named, time.time() - SETTLED)
            keys = {key: id for id, key, _ in await account_rows.entries(self._database.lists)}
            for name, key, version in strays:
                await self._take_up(name, key, version, keys)
        await asyncio.to_thread(self.files.drop_unused, time.time() - DAY)

    async def tidy_ended(self) -> None:
        """Remove the files of drafts that are sent, or were discarded long ago, and then their rows."""
        for kept in await drafts.ended(self._database.lists, int(time.time())):
            older = await drafts.versions(self._database.lists, kept.id)
            await asyncio.to_thread(self.files.remove, [kept.file, *(one.file for one in older)])
            async with self._database.intention() as tx:
                await drafts.forget(tx, kept.id)

    async def _take_up(self, name: str, key: str, version: int, keys: Mapping[str, int]) -> None:
        """Take up a file that no row names where it is newer than its draft, or has none; else remove it."""
        try:
            written = await asyncio.to_thread(self.files.read, name)
        except (StoreError, ValueError) as error:
            log.warning("%s is no draft, and stays where it is: %s", name, error)
            return
        kept = await drafts.by_key(self._database.lists, key)
        account = keys.get(written.account)
        if kept is None and account is not None:
            async with self._database.intention() as tx:
                await drafts.insert(tx, account, key, name, version, written.draft.changed_at)
        elif kept is not None and version > kept.version:
            now = written.draft.changed_at
            async with self._database.intention() as tx:
                await drafts.replace(tx, kept, kept.account, name, version, now, keep=True)
        elif kept is not None:
            await asyncio.to_thread(self.files.remove, (name,))

    async def _write(self, draft: Draft, before: Kept | None, key: str, *, keep: bool = False) -> Draft:
        """Write a version of a draft: its file, then its row; then what is superfluous goes."""
        now = int(time.time())
        version = 1 if before is None else before.version + 1
        stale = before is not None and draft.version not in (before.version, 0)
        draft = replace(draft, version=version, changed_at=now)
        name = await asyncio.to_thread(self.files.write, key, draft, self._account(draft.account).key)
        gone: list[str] = []
        try:
            keep = keep or stale or (before is not None and await self._loses_much(before, draft))
            async with self._database.intention() as tx:
                if before is None:
                    id = await drafts.insert(tx, draft.account, key, name, version, now)
                else:
                    id = before.id
                    gone = await drafts.replace(tx, before, draft.account, name, version, now, keep=keep)
        except BaseException:
            await asyncio.to_thread(self.files.remove, (name,))
            raise
        await asyncio.to_thread(self.files.remove, gone)
        return replace(draft, id=id)

    async def _loses_much(self, before: Kept, draft: Draft) -> bool:
        """Tell whether a draft loses more than half of its text at once, as by a slip of the hand."""
        if not (size := await asyncio.to_thread(self.files.size, before.file)):
            return False
        return size > MUCH + 2 * len(draft.text.encode("utf-8", "replace"))

    def _account(self, id: int) -> Account:
        account = self._accounts.get(id)
        if account is None:
            raise ConfigError("This account is no longer set up", hint="Choose another sender")
        return account


def _same(one: Draft, other: Draft) -> bool:
    """Tell whether two drafts say the same."""
    return _words(one) == _words(other)


def _words(draft: Draft) -> tuple[object, ...]:
    enclosed = tuple((one.name, one.sha256) for one in draft.enclosures)
    return draft.to, draft.cc, draft.bcc, draft.subject, draft.text.rstrip(), enclosed
