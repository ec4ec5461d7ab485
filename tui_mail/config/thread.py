"""Calls that may never return, each in a thread of its own that nobody has to wait for.

A keyring may block on a prompt that opened on another seat, and a password command on a key that nobody
touches. The threads are daemons, unlike those of an executor, so an abandoned one cannot hold up the end.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], limit: float) -> T:
    """Return what `call` returns or raises; after `limit` seconds raise TimeoutError and abandon it."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value)  # type: ignore[arg-type]  # None only where T allows it

    def work() -> None:
        value, error = None, None
        try:
            value = call()
        except BaseException as raised:  # noqa: BLE001  # a thread's top: it is raised again for the caller
            error = raised
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            return  # the loop has ended, nobody waits any more

    threading.Thread(target=work, name="secrets", daemon=True).start()
    async with asyncio.timeout(limit):
        return await answer
