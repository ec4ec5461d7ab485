"""Events on their way from the engine's loop to a reader's: merged, bounded, never waited for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

from tui_mail.model.event import Event, MailArrived, MessagesChanged, Rescan

MOST_IDS = 10_000
"""Ids that one folder's event may hold: more changes become a `Rescan`, of arrivals the newest stay."""


class EventQueue:
    """Holds what a reader has not yet seen: equal events once, the ids of a folder together."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()
        self._lock = threading.Lock()
        self._waiting: dict[object, Event] = {}
        self._closed = False

    def put(self, events: Sequence[Event]) -> None:
        """Add events; may be called from any thread."""
        with self._lock:
            for event in events:
                self._merge(event)
        self._tell()

    def close(self) -> None:
        """End the reader's iteration once it has seen all; may be called from any thread."""
        self._closed = True
        self._tell()

    def _tell(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._filled.set)

    def _merge(self, event: Event) -> None:
        key: object = event
        if isinstance(event, MessagesChanged | Rescan):
            key = ("messages", event.folder)
            event = _together(self._waiting.get(key), event)
        elif isinstance(event, MailArrived):
            key = ("mail", event.folder)
            waiting = self._waiting.get(key)
            before = waiting.ids if isinstance(waiting, MailArrived) else ()
            event = MailArrived(event.folder, (*before, *event.ids)[-MOST_IDS:])
        self._waiting[key] = event

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            await self._filled.wait()
            self._filled.clear()
            with self._lock:
                events, self._waiting = self._waiting, {}
            for event in events.values():
                yield event
            if self._closed:
                return


def _together(waiting: Event | None, event: MessagesChanged | Rescan) -> Event:
    """Return one event that says what both say of a folder."""
    if isinstance(event, MessagesChanged):
        if isinstance(waiting, Rescan):
            return waiting
        if isinstance(waiting, MessagesChanged):
            event = MessagesChanged(event.folder, tuple(dict.fromkeys((*waiting.ids, *event.ids))))
        if len(event.ids) > MOST_IDS:
            return Rescan(event.folder)
    return event
