"""Messages made or read in here and put into a folder: shown at once, kept until the server has them."""

import asyncio
import time
from collections.abc import Sequence

from tui_mail.engine.core import Core
from tui_mail.model.errors import MailError
from tui_mail.model.event import OperationsChanged
from tui_mail.model.operation import Done, NewMessage
from tui_mail.model.safe_text import safe_text
from tui_mail.store import bodies, folders, messages
from tui_mail.store.effects import Command
from tui_mail.sync.arrivals import made_here


async def append(core: Core, folder: int, new: Sequence[NewMessage], verb: str, history: str) -> Done:
    """Put messages into a folder, here and later on the server, in one command."""
    state = await folders.state(core.database.lists, folder)
    if state is None:
        raise MailError("That folder is no longer there")
    now = int(time.time())
    made = await asyncio.to_thread(lambda: [made_here(one, now) for one in new])
    async with core.database.intention() as tx:
        ids = await messages.add_made_here(tx, folder, made)
        await bodies.put_all(tx, {id: one.raw for id, one in zip(ids, new, strict=True)}, keep=True)
        command = Command(tx, f"{verb} {len(ids)} to {state.name}", now, history=history)
        await command.append(state.account, folder, ids)
        tx.publish(OperationsChanged(state.account))
        sentence = safe_text(command.sentence)
        return Done(tuple(command.operations), len(ids), sentence, history == "done", tuple(ids))
