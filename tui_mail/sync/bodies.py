"""Bodies fetched into the store: the recent ones in batches, any one at once when it is opened."""

import asyncio
import contextlib
import tempfile
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from tui_mail.imap.fetched import HEADER_LIMIT
from tui_mail.imap.session import Session
from tui_mail.mime.headers import summary
from tui_mail.model.errors import ServerRefused, StoreError
from tui_mail.store import bodies, folders
from tui_mail.store.bodies import Missing
from tui_mail.store.database import Database

BATCH_MESSAGES = 50
BATCH_OCTETS = 1 << 20
"""A batch ends at whichever comes first."""

BACKGROUND_LIMIT = 8 << 20
"""Larger messages are fetched only when they are opened."""

IN_FLIGHT = 2
"""Batches on their way while another is stored."""

ROUND = 20
"""Batches fetched before a worker looks again at what is wanted most."""

IN_MEMORY = 8 << 20
"""A body larger than this passes through a temporary file."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """What became of a round of batches."""

    stored: int
    unanswered: list[int]
    """Messages that the server did not answer for: not asked for again on this connection."""


async def fetch_recent(
    database: Database,
    session: Session,
    account: int,
    since: int,
    skip: Container[int],
    urgent: Callable[[], bool] = lambda: False,
) -> Fetch | None:
    """Fetch some batches of mail from the moment `since` on, fewer if `urgent`; None when none is left."""
    limit = ROUND * BATCH_MESSAGES
    wanted = await bodies.missing(database.lists, account, since, BACKGROUND_LIMIT, limit)
    batches = _batches([one for one in wanted if one.message not in skip])
    if not batches:
        return None
    if not await _select(database, session, batches[0][0]):
        return Fetch(0, [one.message for batch in batches for one in batch])
    return await _fetch_round(database, session, batches, urgent)


async def _fetch_round(
    database: Database, session: Session, batches: Sequence[list[Missing]], urgent: Callable[[], bool]
) -> Fetch:
    """Store batch after batch; while one is stored, the next are on their way."""
    left = iter(batches)
    asked: deque[tuple[list[Missing], asyncio.Task[dict[int, bytes]]]] = deque()
    stored, unanswered = 0, list[int]()
    try:
        while True:
            while len(asked) <= IN_FLIGHT and (batch := next(left, None)):
                asked.append((batch, asyncio.create_task(_answers(session, batch))))
            if not asked:
                return Fetch(stored, unanswered)
            answers = await asked[0][1]
            batch, _ = asked.popleft()
            async with database.cache() as tx:
                await bodies.put_all(tx, answers)
            stored += len(answers)
            unanswered += [one.message for one in batch if one.message not in answers]
            if urgent():
                left = iter(())
    finally:
        for _, task in asked:
            task.cancel()
        await asyncio.gather(*(task for _, task in asked), return_exceptions=True)


async def _answers(session: Session, batch: Sequence[Missing]) -> dict[int, bytes]:
    """Return the bodies of a batch by message; what is refused for all is asked for one by one."""
    try:
        found = await session.fetch_bodies([one.uid for one in batch])
    except ServerRefused:
        if len(batch) == 1:
            return {}
        return {message: raw for one in batch for message, raw in (await _answers(session, [one])).items()}
    return {
        one.message: found[one.uid]
        for one in batch
        if one.uid in found and belongs(len(found[one.uid]), found[one.uid], one)
    }


def belongs(size: int, start: bytes, where: Missing) -> bool:
    """Tell whether a body that begins like this is the letter of its row.

    Some servers only guess at sizes, so where they differ the Message-ID decides.
    """
    if size == where.size and size:
        return True
    return size > 0 and summary(start.partition(b"\r\n\r\n")[0]).message_id == where.message_id


async def _select(database: Database, session: Session, where: Missing) -> bool:
    """Select the folder of a message; False when its UIDs mean something else by now."""
    state = await folders.state(database.lists, where.folder)
    if state is None:
        return False
    if session.selected is None or session.selected.name != state.remote_name:
        await session.select(state.remote_name)
    assert session.selected is not None
    return (session.selected.uidvalidity or 0) == where.uidvalidity


def _batches(wanted: Sequence[Missing]) -> list[list[Missing]]:
    """Cut those of `wanted` that lie in the folder of the first into batches; a large one stands alone."""
    batches: list[list[Missing]] = []
    octets = 0
    for one in wanted:
        if (one.folder, one.uidvalidity) != (wanted[0].folder, wanted[0].uidvalidity):
            continue
        if not batches or octets + one.size > BATCH_OCTETS or len(batches[-1]) == BATCH_MESSAGES:
            batches.append([])
            octets = 0
        batches[-1].append(one)
        octets += one.size
    return batches[:ROUND]


async def fetch_one(
    database: Database, session: Session, message: int, go_on: Callable[[], bool] = lambda: True
) -> bool:
    """Fetch the body of one message now; raises StoreError when no server has it any more.

    A large one goes to the disk slice by slice and is gone on with where it broke off. Returns False when it
    is not whole because `go_on`, asked between slices, said no.
    """
    where = await bodies.whereabouts(database.lists, message)
    if where is None or not await _select(database, session, where):
        raise StoreError("The message is no longer on the server", hint="F5 looks again")
    if where.size > bodies.CHUNK:
        return await _fetch_in_slices(database, session, where, go_on)
    with await session.fetch_body(where.uid, open_sink) as sink:
        raw = sink.read()
    if not belongs(len(raw), raw[:HEADER_LIMIT], where):
        raise another_letter()
    async with database.cache() as tx:
        await bodies.put(tx, message, raw)
    return True


async def _fetch_in_slices(
    database: Database, session: Session, where: Missing, go_on: Callable[[], bool]
) -> bool:
    begun = await bodies.partial(database.bodies, where.message)
    start = await bodies.chunk(database.bodies, begun.body, 0) if begun else None
    rest = session.fetch_rest(where.uid, begun.have if begun else 0, where.size, go_on)
    whole = False
    async with contextlib.aclosing(rest) as slices:
        async for piece in slices:
            start = start or piece
            if not belongs(len(start), start[:HEADER_LIMIT], where):
                raise another_letter()
            async with database.cache() as tx:
                begun = begun or await bodies.begin(tx, where.message, where.size)
                begun = await bodies.append(tx, where.message, begun, piece) if begun else None
            if begun is None:
                raise StoreError("The message is no longer here")
            whole = len(piece) < bodies.CHUNK
    return whole


def another_letter() -> StoreError:
    """Return the error for a server that sent something else than was asked for."""
    return StoreError("The server sent another letter in its place", hint="F5 looks again")


def open_sink() -> BinaryIO:
    """Return a place for one body: memory first, then a file without a name."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)  # type: ignore[return-value]  # it is one in all but name
