"""From the engine's events to the screen's messages, through the one pump.

The pump waits until the screen has taken in one message before it hands over the next, and of each kind that
repaints it hands over one a frame, fewer while mail pours in; meanwhile the engine's queue merges what comes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import ClassVar, Protocol

from textual.message import Message as UiMessage

from tui_mail.model.event import (
    AccountsChanged,
    BodyArrived,
    DraftMerged,
    DraftsChanged,
    Event,
    FoldersChanged,
    MailArrived,
    MessagesChanged,
    OperationReverted,
    OperationsChanged,
    OutboxChanged,
    PeopleChanged,
    Rescan,
    SendingMoved,
)

FRAME = 1 / 60

FLOOD = 0.15
"""Seconds between two messages of a kind while mail pours in: painting takes time from what brings it."""

FLOOD_FROM = 200
"""Messages that change at once in a flood …"""

FLOOD_LASTS = 0.5
"""… and seconds after which it is over."""


class News(UiMessage):
    """Something changed; `taken` is set once the screen shows it."""

    repaints: ClassVar[bool] = True
    """Whether it alters much of the screen whenever it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = asyncio.Event()


class AccountNews(News):
    """How accounts stand changed."""


class FolderNews(News):
    """Folders, counts or waiting operations changed."""


class MailNews(News):
    """Messages changed; ids None = read the list anew."""

    def __init__(self, ids: tuple[int, ...] | None) -> None:
        super().__init__()
        self.ids = ids


class BodyNews(News):
    """The body of a message is here, most often of one that nobody reads."""

    repaints = False

    def __init__(self, id: int) -> None:
        super().__init__()
        self.id = id


class RevertNews(News):
    """The server refused an operation and it was taken back."""

    def __init__(self, operation: int) -> None:
        super().__init__()
        self.operation = operation


def news(event: Event) -> News | None:
    """Return what the screen is told of an event; None for those with a reader of their own."""
    match event:
        case AccountsChanged():
            return AccountNews()
        case FoldersChanged() | OperationsChanged():
            return FolderNews()
        case MessagesChanged(ids=ids):
            return MailNews(ids)
        case Rescan():
            return MailNews(None)
        case BodyArrived(message=id):
            return BodyNews(id)
        case OperationReverted(operation=operation):
            return RevertNews(operation)
        case (
            MailArrived()
            | DraftsChanged()
            | DraftMerged()
            | PeopleChanged()
            | OutboxChanged()
            | SendingMoved()
        ):
            return None


class Listener(Protocol):
    """Who takes messages: a screen."""

    def post_message(self, message: UiMessage) -> bool:
        """Queue a message; False when it is closing."""


async def pump(events: AsyncIterator[Event], listener: Listener) -> None:
    """Hand every event to the screen, as fast as it takes them in."""
    last: dict[type[News], float] = {}
    flood_end = 0.0
    async for event in events:
        message = news(event)
        if message is None:
            continue
        if message.repaints:
            now = time.monotonic()
            await asyncio.sleep(last.get(type(message), 0.0) + (FLOOD if now < flood_end else FRAME) - now)
        if not listener.post_message(message):
            return
        await message.taken.wait()
        last[type(message)] = time.monotonic()
        if isinstance(message, MailNews) and (message.ids is None or len(message.ids) >= FLOOD_FROM):
            flood_end = last[MailNews] + FLOOD_LASTS
