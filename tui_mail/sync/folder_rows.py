"""The rows of one folder, and the session in which it is selected: what is asked for is stored at once.

Rows and the cursor that covers them are one transaction. What is asked for and when others decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui_mail.imap.fetched import Fetched
from tui_mail.imap.responses import Selected
from tui_mail.imap.session import Session
from tui_mail.imap.wire import format_set
from tui_mail.mime.headers import LIST_FIELDS
from tui_mail.model.event import MailArrived
from tui_mail.model.message import Flag
from tui_mail.store import folders, messages
from tui_mail.store.database import Database
from tui_mail.store.folders import FolderState
from tui_mail.sync.arrivals import arrival
from tui_mail.sync.plan import BATCH


@dataclass(slots=True)
class FolderRows:
    """What is stored of a folder, while it is selected in `session`."""

    database: Database
    session: Session
    state: FolderState
    added: int = 0
    """Messages stored so far."""
    doubt: str = ""
    """What did not add up in what the server told; the folder is then compared again soon."""

    @property
    def complete(self) -> bool:
        """Tell whether every message of the folder has a row."""
        return self.state.backfill_lo == 1

    @property
    def uidvalidity(self) -> int:
        """What the UIDs of the rows mean; 0 where the server does not tell."""
        return self.state.uidvalidity or 0

    @property
    def lo(self) -> int:
        """The lowest UID from which on every message has a row."""
        return max(1, self.state.backfill_lo)

    async def select(self) -> Selected:
        """Select the folder; where the server can, it tells what changed since the cursor."""
        known = None
        if self.state.uidvalidity and self.state.modseq:
            known = (self.state.uidvalidity, self.state.modseq)
        return await self.session.select(self.state.remote_name, known=known)

    async def store(self, fetched: Sequence[Fetched], *, new: bool = False, **cursor: int) -> None:
        """Store rows and the cursor that covers them together; `new` mail is worth announcing."""
        arrivals = [arrival(one) for one in fetched]
        async with self.database.cache() as tx:
            uidvalidity = cursor.get("uidvalidity", self.uidvalidity)
            ids = await messages.add(tx, self.state.id, uidvalidity, arrivals)
            self.added += len(ids)
            if new and ids:
                tx.publish(MailArrived(self.state.id, tuple(ids)))
            self.state = await folders.set_cursor(tx, self.state.id, **cursor)

    async def set_flags(self, flags: Mapping[int, tuple[Flag, tuple[str, ...]]]) -> None:
        """Store what the server told of flags and keywords, by UID."""
        known = list(flags.items())
        for start in range(0, len(known), BATCH):
            async with self.database.cache() as tx:
                await messages.set_server_flags(
                    tx, self.state.id, self.uidvalidity, dict(known[start : start + BATCH])
                )

    async def apply_news(self) -> bool:
        """Store what the server told unasked: flags that others changed, messages that vanished.

        Tells whether any vanished.
        """
        news = self.session.news.take()
        if news.vanished:
            async with self.database.cache() as tx:
                await messages.remove_uids(tx, self.state.id, self.uidvalidity, news.vanished)
        await self.set_flags({uid: (flags, keywords) for uid, (flags, keywords, _) in news.flags.items()})
        return bool(news.vanished)

    async def fetch_known(self, uids: Sequence[int]) -> list[Fetched]:
        """Fetch the list data of messages that the server says it has; what is not answered, once more."""
        if not uids:
            return []
        fetched = await self.session.fetch_list(format_set(uids), LIST_FIELDS)
        if left := sorted(set(uids) - {one.uid for one in fetched}):
            fetched += await self.session.fetch_list(format_set(left), LIST_FIELDS)
            if silent := len(set(left) - {one.uid for one in fetched}):
                self.doubt = f"{self.session.where} lists {silent:,} letters that it does not show"
        return fetched
