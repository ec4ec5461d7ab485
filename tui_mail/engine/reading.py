"""What can be read from the store, on the caller's loop, without waiting for a write or a server."""

import asyncio
from array import array
from collections.abc import Sequence
from dataclasses import replace

from tui_mail.engine.core import Core
from tui_mail.engine.searching import Searching
from tui_mail.mime import parse
from tui_mail.mime.names import file_name
from tui_mail.mime.route import route as read_route
from tui_mail.model.account import AccountEntry, AccountStatus
from tui_mail.model.errors import StoreError
from tui_mail.model.folder import Folder, SearchView, TreeView, View
from tui_mail.model.journal import JournalEntry, JournalFilter
from tui_mail.model.message import Address, Letter, Row
from tui_mail.model.operation import OperationState
from tui_mail.model.outbox import LogLine, Outgoing, SendState
from tui_mail.model.route import Route
from tui_mail.model.safe_text import SafeText, safe_identity, safe_text
from tui_mail.model.sync import AccountSync, FolderSync
from tui_mail.model.tag import tag_name
from tui_mail.store import bodies, copies, folders, journal, lists, operations, outbox, traffic
from tui_mail.store.copies import FileCopy
from tui_mail.store.folders import FolderState

SENT_LISTED = 200
"""Letters of the outbox listed after they are sent."""


class Reading:
    """Reads lists, letters and states."""

    def __init__(self, core: Core, searching: Searching) -> None:
        self._core = core
        self._searching = searching
        self._lists = core.database.lists
        self._bodies = core.database.bodies

    async def accounts(self) -> list[AccountEntry]:
        """Return the configured accounts in the user's order."""
        return [
            AccountEntry(id, account.key, safe_text(account.key), safe_identity(account.email), position)
            for position, (id, account) in enumerate(self._core.accounts.items())
        ]

    def statuses(self) -> dict[int, AccountStatus]:
        """Return how each account stands, by id."""
        return self._core.board.all()

    async def sync_report(self) -> list[AccountSync]:
        """Return how far each account's copy has come and what its connections do, in the user's order."""
        listed = await self.folders()
        return [await self._account_sync(id, listed) for id in self._core.accounts]

    async def folders(self) -> list[Folder]:
        """Return the folders of all configured accounts in the order of the tree."""
        listed = await folders.folders(self._lists)
        return [folder for folder in listed if folder.account in self._core.accounts]

    async def counters(self) -> dict[View, tuple[int, int]]:
        """Return (total, unread) of each unified view."""
        return await folders.counters(self._lists)

    async def entries(
        self, view: View, below: int | None = None, limit: int = 200
    ) -> "tuple[array[int], array[int]]":
        """Return ids and moments of the next `limit` messages of a view, newest first, older than `below`."""
        if isinstance(view, SearchView):
            hits = await self._searching.search(view.typed, limit, below, view=view.within)
            return array("q", hits.ids), array("q", hits.moments)
        return await lists.entries(self._lists, view, below, limit)

    async def located(self, view: View, ids: Sequence[int]) -> list[tuple[int, int]]:
        """Return (moment, id) of those of `ids` that are in a view."""
        if isinstance(view, SearchView):
            return await self._searching.located(view, ids)
        return await lists.located(self._lists, view, ids)

    async def rows(self, view: View | None, ids: Sequence[int]) -> list[Row]:
        """Return the rows of `ids` in their order; messages that left the view (None: all) are left out."""
        return await lists.rows(self._lists, view, ids)

    async def unread_neighbour(self, view: TreeView, moment: int, newer: bool) -> tuple[int, int] | None:
        """Return (moment, id) of the nearest unread message of a view on one side of `moment`."""
        return await lists.unread_neighbour(self._lists, view, moment, newer)

    async def letter(self, id: int, view: View | None = None) -> Letter:
        """Open a message; its document is None while the body is absent. Raises StoreError if it is gone."""
        row = await lists.row(self._lists, id, view)
        if row is None:
            raise StoreError("The message is no longer here")
        raw = await self.source(id)
        return _headers_only(row) if raw is None else await asyncio.to_thread(_letter, row, raw)

    async def source(self, id: int) -> bytes | None:
        """Return a message byte for byte as it arrived, or None while it is not here."""
        self._core.upkeep.used.add(id)
        return await bodies.read(self._bodies, id)

    async def exported(self, view: View | None, ids: Sequence[int]) -> list[FileCopy]:
        """Return what files of messages say, in the order of `ids`; what is not shown is left out."""
        return await copies.exported(self._lists, view, ids)

    async def held(self, folder: int, below: int, limit: int) -> list[tuple[int, bytes | None, str, int]]:
        """Return what tells the messages of a folder that come again; see `copies.held`."""
        return await copies.held(self._lists, folder, below, limit)

    async def route(self, id: int) -> Route | None:
        """Return how a message travelled, or None while it is not here."""
        raw = await self.source(id)
        return None if raw is None else await asyncio.to_thread(read_route, raw)

    async def attachment(self, id: int, path: str) -> bytes | None:
        """Return the decoded content of one part, or None when it is not here."""
        raw = await self.source(id)
        return None if raw is None else await asyncio.to_thread(parse.part, raw, path)

    def file_name(self, name: SafeText) -> str:
        """Return a name that is safe to save an attachment under."""
        return file_name(name)

    async def operation_sentence(self, operation: int) -> SafeText:
        """Return what an operation was to do and why it was taken back, in one sentence."""
        found = await operations.get(self._lists, operation)
        if found is None:
            return safe_text("A change was taken back")
        return safe_text(f"Not {found.sentence[:1].lower()}{found.sentence[1:]}: {found.error}")

    async def operation_states(self, ids: Sequence[int]) -> dict[int, OperationState]:
        """Return how far operations have come, by id; those that are forgotten by now are left out."""
        return await operations.states(self._lists, ids)

    async def journal(
        self, below: int | None = None, limit: int = 100, which: JournalFilter = JournalFilter.ALL
    ) -> list[JournalEntry]:
        """Return what was changed here, newest first: the next `limit` commands older than `below`."""
        return await journal.entries(self._lists, below, limit, which)

    async def journal_entry(self, command: int) -> JournalEntry | None:
        """Return one command of the journal, or None when it is too old to be known."""
        return await journal.entry(self._lists, command)

    async def tags(self) -> list[str]:
        """Return the keywords that are tags of some message, the most used first."""
        return [keyword for keyword in await lists.keywords(self._lists) if tag_name(keyword)]

    async def touched(self, command: int, limit: int = 200) -> list[Row]:
        """Return what a command of the journal touched and is still here, where it is now."""
        return await lists.rows(self._lists, None, await journal.messages(self._lists, command, limit))

    async def outbox(self) -> tuple[Outgoing, ...]:
        """Return the letters on their way out: those not sent, the oldest first, then the newest sent."""
        return tuple(self._on_its_way(one) for one in await outbox.listed(self._lists, SENT_LISTED))

    async def outgoing(self, id: int) -> Outgoing | None:
        """Return one letter of the outbox."""
        found = await outbox.shown(self._lists, id)
        return None if found is None else self._on_its_way(found)

    async def sending_log(self, id: int) -> tuple[LogLine, ...]:
        """Return what happened to a letter of the outbox, what happens on a line now included."""
        live = self._core.sending.lines(id)
        return (*await outbox.log(self._lists, id), *live)

    async def unsent(self) -> int:
        """Return how many letters are not sent yet."""
        return await outbox.waiting_count(self._lists)

    def _on_its_way(self, one: Outgoing) -> Outgoing:
        """Return a letter with the time of the next try, where its server could not be reached."""
        later = self._core.sending.next_try(one.account)
        waits = one.state is SendState.QUEUED and not one.held and later > one.not_before
        return replace(one, not_before=later) if waits else one

    async def _account_sync(self, account: int, listed: Sequence[Folder]) -> AccountSync:
        core = self._core
        worker = core.supervisor.workers[account]
        states = {state.id: state for state in await folders.states(self._lists, account)}
        waiting = await operations.open_by_folder(self._lists, account)
        since = bodies.wanted_since(core.accounts[account].keep_days)
        today = await traffic.of_day(self._lists, account, traffic.today())
        return AccountSync(
            account=account,
            status=core.board.all().get(account),
            activities=core.board.activities(account),
            folders=tuple(
                _folder_sync(folder, states[folder.id], waiting.get(folder.id, 0))
                for folder in listed
                if folder.account == account and folder.selectable and folder.id in states
            ),
            waiting=await operations.open_count(self._lists, account),
            run=worker.traffic,
            today=today + worker.unrecorded,
            bodies_missing=await bodies.missing_count(self._lists, account, since),
        )

    async def waiting(self) -> int:
        """Return how many changes made here no server has confirmed yet."""
        return await operations.open_count(self._lists)


def _folder_sync(folder: Folder, state: FolderState, waiting: int) -> FolderSync:
    return FolderSync(
        folder=folder.id,
        name=folder.name,
        stored=folder.total,
        on_server=folder.remote_count,
        complete=folder.complete,
        synced_at=folder.synced_at,
        checked_at=state.checked_at,
        waiting=waiting,
        error=safe_text(state.error),
    )


def _headers_only(row: Row) -> Letter:
    return Letter(
        id=row.id,
        account=row.account,
        folder=row.folder,
        flags=row.flags,
        date=row.date,
        size=row.size,
        subject=row.subject,
        sender=(Address(row.sender, row.sender_address),),
        reply_to=(),
        to=(Address(row.recipients, safe_identity("")),) if row.recipients else (),
        cc=(),
        fields=(),
        attachments=(),
        document=None,
        message_id=row.message_id,
        tags=row.tags,
    )


def _letter(row: Row, raw: bytes) -> Letter:
    content = parse.read(raw)
    return Letter(
        id=row.id,
        account=row.account,
        folder=row.folder,
        flags=row.flags,
        date=row.date,
        size=row.size,
        subject=content.subject,
        sender=content.sender,
        reply_to=content.reply_to,
        to=content.to,
        cc=content.cc,
        fields=content.fields,
        attachments=content.attachments,
        document=content.document,
        message_id=content.message_id,
        tags=row.tags,
    )
