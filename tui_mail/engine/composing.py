"""Letters being written: begun, stored as they are typed, and had again.

What `store` was given is on the disk when it returns: the file first, then the row. Whatever is begun from a
message takes the identity that the message was sent to.
"""

import asyncio
import mimetypes
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tui_mail.engine import building, doubts
from tui_mail.engine.core import Core
from tui_mail.engine.loop import EngineLoop, T
from tui_mail.mime import answering, mailto
from tui_mail.mime.answering import Source, Writer
from tui_mail.mime.headers import fields, first_value
from tui_mail.mime.identities import Owned, writing_as
from tui_mail.mime.letters import Built, recipients
from tui_mail.mime.resuming import resumed
from tui_mail.model.draft import Doubt, DoubtKind, Draft, Enclosure, Origin
from tui_mail.model.errors import ConfigError, MailError
from tui_mail.model.identity import Identity
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.store import bodies, drafts, lists, people
from tui_mail.store.draft_files import FIELD, is_key

MOST_OCTETS = 256 << 20
"""A larger file is not attached: no server takes it."""


class Composing:
    """Carries what a composer asks for to the engine's loop."""

    def __init__(self, loop: EngineLoop, core: Core) -> None:
        self._loop = loop
        self._core = core
        self._drafting = core.drafting

    # Beginning.

    def identities(self) -> tuple[Owned, ...]:
        """Return every identity with its account, in the user's order."""
        accounts = self._core.accounts.items()
        return tuple((id, identity) for id, account in accounts for identity in account.writes_as)

    async def begin(
        self,
        account: int | None = None,
        *,
        to: str = "",
        cc: str = "",
        bcc: str = "",
        subject: str = "",
        text: str = "",
    ) -> Draft:
        """Begin a letter in an account, the first that can send unless one is named, with its signature."""
        owner = self._first() if account is None else account
        identity = self._account_identities(owner)[0]
        text = answering.signed(text, identity.signature)
        return Draft(owner, identity.address, to=to, cc=cc, bcc=bcc, subject=subject, text=text)

    async def mailto(self, url: str) -> Draft:
        """Begin the letter that a mailto: URI asks for; raises MailError for one that is none."""
        try:
            asked = mailto.parse(url)
        except ValueError as error:
            raise MailError(str(error)) from None
        draft = await self.begin(
            to=asked.to, cc=asked.cc, bcc=asked.bcc, subject=asked.subject, text=asked.body
        )
        return replace(draft, in_reply_to=asked.in_reply_to, references=asked.references)

    async def reply(
        self, message: int, *, to_all: bool = False, to_list: bool = False, selection: str | None = None
    ) -> Draft:
        """Begin an answer that quotes the message, or what is selected of it."""
        source, writer = await self._do(self._source(message)), self._writer()
        return await self._made(
            lambda: answering.reply(source, writer, to_all=to_all, to_list=to_list, selection=selection)
        )

    async def forward(self, messages: Sequence[int], *, attached: bool = False) -> Draft:
        """Begin a letter that passes messages on, in its text with what was attached, or as attachments."""
        sources = [await self._do(self._source(message)) for message in messages]
        if not sources:
            raise MailError("There is nothing to pass on")
        writer = self._writer()
        draft = await self._made(lambda: answering.forward(sources, writer, attached=attached))
        for source in sources:
            parts = [_whole(source)] if attached else await asyncio.to_thread(_attachments, source)
            for name, media_type, content in parts:
                draft = await self.attach_bytes(draft, name, media_type, content)
        return draft

    async def redirect(self, message: int) -> Draft:
        """Begin sending a message on as it is; only the recipients are to be named."""
        source, writer = await self._do(self._source(message)), self._writer()
        draft = await self._made(lambda: answering.redirect(source, writer))
        return await self.attach_bytes(draft, *_whole(source))

    async def edit_as_new(self, message: int) -> Draft:
        """Begin a letter that says what a message says, to whom it went."""
        return await self._do(self._edit_as_new(message))

    async def resume(self, message: int) -> Draft:
        """Return a message of a folder of drafts as a draft; storing it replaces the message."""
        return await self._do(self._resume(message))

    # Keeping.

    async def store(self, draft: Draft) -> Draft:
        """Put a draft on the disk; return it with its id and version. Raises StoreFull, in words."""
        return await self._do(self._drafting.store(draft))

    async def open_drafts(self) -> tuple[Draft, ...]:
        """Return the drafts that are being written, the one that was changed last first."""
        return await self._do(self._drafting.open_all(drafts.OPEN))

    async def discarded(self) -> tuple[Draft, ...]:
        """Return the drafts that were discarded and can be had again."""
        return await self._do(self._drafting.open_all(drafts.DISCARDED))

    async def versions(self, id: int) -> tuple[Draft, ...]:
        """Return older versions of a draft, the newest first."""
        return await self._do(self._drafting.versions(id))

    async def close(self, id: int) -> None:
        """Say that nobody writes at a draft any more for now, so that the server gets it at once."""
        await self._do(self._close(id))

    async def discard(self, id: int) -> None:
        """Discard a draft, and its copy on the server; it can be had again for a week."""
        await self._do(self._discard(id))

    async def restore(self, id: int) -> Draft:
        """Take a discarded draft up again."""
        return await self._do(self._restore(id))

    # Attaching.

    async def attach(self, draft: Draft, path: Path) -> Draft:
        """Attach a file; raises MailError, in words, for one that cannot be read."""
        content = await asyncio.to_thread(_file, path)
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return await self.attach_bytes(draft, path.name, media_type, content)

    async def attach_bytes(self, draft: Draft, name: str, media_type: str, content: bytes) -> Draft:
        """Attach octets under a name."""
        return await self._do(self._drafting.enclose(draft, name, media_type, content))

    async def attach_message(self, draft: Draft, message: int) -> Draft:
        """Attach a message, octet for octet but for its secret recipients."""
        return await self.attach_bytes(draft, *_whole(await self._do(self._source(message))))

    def detach(self, draft: Draft, enclosure: Enclosure) -> Draft:
        """Return a draft without one of its attachments."""
        left = list(draft.enclosures)
        left.remove(enclosure)
        return replace(draft, enclosures=tuple(left))

    # What becomes of it.

    async def built(self, draft: Draft) -> Built:
        """Return a draft as the letter that leaves; raises MailError for what cannot leave like this."""
        return await self._do(building.built(self._core, draft))

    async def doubts(self, draft: Draft) -> tuple[Doubt, ...]:
        """Return what is odd about a draft, what stops it first; nothing for most."""
        return await self._do(self._doubts(draft))

    # On the engine's loop.

    async def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._loop.call(work)

    async def _made(self, make: Callable[[], T]) -> T:
        return await asyncio.to_thread(make)

    async def _source(self, message: int) -> Source:
        database = self._core.database
        row = await lists.row(database.lists, message, None)
        if row is None:
            raise MailError("The message is no longer here")
        raw = await bodies.read(database.bodies, message)
        if raw is None:
            await self._core.supervisor.online_worker(row.account).fetch_body(message)
            raw = await bodies.read(database.bodies, message)
        if raw is None:
            raise MailError("The text of the message is not on this machine")
        return Source(message, row.account, raw)

    async def _resume(self, message: int) -> Draft:
        known = await drafts.by_message(self._core.database.lists, message)
        if known is not None and known.state in (drafts.OPEN, drafts.DISCARDED):
            return await self._drafting.open(known)
        source = await self._source(message)
        draft = await self._drafting.read_back(source.account, source.raw)
        key = first_value(fields(source.raw), FIELD.lower())
        return await self._drafting.adopt(message, key if is_key(key) else "", draft)

    async def _edit_as_new(self, message: int) -> Draft:
        source = await self._source(message)
        draft = await self._drafting.read_back(source.account, source.raw)
        return replace(draft, origin=Origin.NEW, in_reply_to="", references=(), changed_at=0)

    async def _doubts(self, draft: Draft) -> tuple[Doubt, ...]:
        named = recipients(draft)
        found = [*doubts.about_recipients(named, draft)]
        account = self._core.accounts.get(draft.account)
        if account is None or writing_as(account.writes_as, draft.sender) is None:
            who = safe_identity(draft.sender) or "Nobody"
            found.append(Doubt(DoubtKind.UNKNOWN_IDENTITY, f"No identity of yours writes as {who}"))
        files = self._core.drafting.files
        lost = await asyncio.to_thread(lambda: [one for one in draft.enclosures if not files.has(one)])
        found += doubts.about_size(draft, self._core.sending.size_limit(draft.account), lost)
        found += doubts.about_text(draft)
        found += await self._look_alikes([address for _, address in named.all])
        return tuple(sorted(found, key=lambda doubt: not doubt.stops))

    async def _look_alikes(self, addresses: Sequence[str]) -> list[Doubt]:
        """Return the doubts about addresses that nobody wrote to and that look like others."""
        source = self._core.database.searching
        known = await people.known(source, addresses)
        asked = {people.compared(address) for address in addresses if "@" in address}
        strangers = {one for one in asked if one not in known or not known[one].sent}
        strangers -= {people.compared(identity.address) for _, identity in self.identities()}
        if not strangers:
            return []
        written_to = await people.written_to(source)
        return await asyncio.to_thread(lambda: [*doubts.look_alikes(strangers, written_to)])

    async def _close(self, id: int) -> None:
        async with self._core.database.intention() as tx:
            await drafts.close(tx, id)

    async def _discard(self, id: int) -> None:
        async with self._core.database.intention() as tx:
            kept = await drafts.get(tx, id)
            if kept is not None and kept.state == drafts.OPEN:
                await drafts.remove_copy(tx, kept, int(time.time()))
                await drafts.set_state(tx, id, drafts.DISCARDED)

    async def _restore(self, id: int) -> Draft:
        kept = await self._drafting.get(id)
        async with self._core.database.intention() as tx:
            await drafts.set_state(tx, id, drafts.OPEN)
        return await self._drafting.open(kept)

    # Who writes.

    def _writer(self) -> Writer:
        owned = self.identities()
        if not owned:
            raise ConfigError("There is no account to write from", hint="tui-mail account add")
        return Writer(owned)

    def _first(self) -> int:
        accounts = self._core.accounts
        if not accounts:
            raise ConfigError("There is no account to write from", hint="tui-mail account add")
        return next((id for id, account in accounts.items() if account.smtp), next(iter(accounts)))

    def _account_identities(self, account: int) -> tuple[Identity, ...]:
        if account not in self._core.accounts:
            raise ConfigError("This account is no longer set up", hint="Choose another sender")
        return self._core.accounts[account].writes_as


def _whole(source: Source) -> tuple[str, str, bytes]:
    name, raw = answering.as_enclosure(source.raw)
    return name, "message/rfc822", raw


def _attachments(source: Source) -> list[tuple[str, str, bytes]]:
    return list(resumed(source.raw).files)


def _file(path: Path) -> bytes:
    """Return what a file holds; raises MailError in words. A thread's work."""
    name = safe_identity(str(path))
    try:
        if not path.is_file():
            raise MailError(f"{name} is no file" if path.exists() else f"There is no file {name}")
        if path.stat().st_size > MOST_OCTETS:
            raise MailError(f"{name} is larger than {MOST_OCTETS >> 20} MiB, which no server takes")
        return path.read_bytes()
    except OSError as error:
        raise MailError(f"{name} cannot be read: {safe_text(error.strerror or str(error))}") from error
