"""The connection that listens: it waits for news and wakes the rest.

Where the server can, it tells of every folder (NOTIFY, RFC 5465), else of the inbox alone (IDLE, RFC 2177).
It changes nothing and stores nothing; where there is none, the main connection looks now and then.
"""

import asyncio

from tui_mail.imap.news import NewsElsewhere
from tui_mail.imap.session import Session
from tui_mail.model.errors import ServerBusy, ServerRefused
from tui_mail.model.sync import Line, Task
from tui_mail.store.folders import FolderState
from tui_mail.sync.connections import TooManyError
from tui_mail.sync.folder_list import told_otherwise
from tui_mail.sync.shared import Shared


async def listen(shared: Shared) -> None:
    """Listen until cancelled or the line breaks; return at once where the server does not let us."""
    inbox = await shared.inbox()
    if inbox is None:
        return
    try:
        session = await shared.connections.another()
    except TooManyError:
        return
    try:
        if "IDLE" in session.capabilities:
            await _listen_to(shared, session, inbox)
    finally:
        shared.listening = False
        shared.board.ended(shared.id, Line.LISTENING)
        session.abort()


async def _listen_to(shared: Shared, session: Session, inbox: FolderState) -> None:
    try:
        await session.select(inbox.remote_name, read_only=True)
    except (ServerRefused, ServerBusy):
        if session.closed:
            raise
        return
    everywhere = await session.notify()
    shared.listening = True
    shared.does(Line.LISTENING, Task.LISTENING, None if everywhere else inbox.id)
    shared.want(inbox.id)  # what happened before this SELECT is told to nobody
    never = asyncio.Event()
    while True:
        await session.idle(never)
        if session.news.take():
            shared.want(inbox.id)
        if elsewhere := session.news_elsewhere.take():
            await _hear_of_others(shared, elsewhere)


async def _hear_of_others(shared: Shared, news: NewsElsewhere) -> None:
    for state in told_otherwise(await shared.states(), news.status):
        shared.want(state.id)
    if news.tree or news.overflow:
        shared.agenda.look_now()
        shared.wake.set()
