"""Work of which only the newest goes on, and never beside what came before it.

Ending takes its time: a task that is cancelled has connections to drop and sums to write down. So what comes
next waits for all that still end, and each is asked to end once: asked again, it would leave that undone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable


class Succession:
    """Tasks one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Callable[[], Awaitable[None]]) -> None:
        """End what runs, and after that do `work`."""
        before = self.end()
        task = asyncio.create_task(_after(before, work), name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> frozenset[asyncio.Task[None]]:
        """Ask what runs to end; return what has not ended yet."""
        for task in self._tasks:
            if not task.cancelling():
                task.cancel()
        return frozenset(self._tasks)


async def _after(before: Iterable[asyncio.Task[None]], work: Callable[[], Awaitable[None]]) -> None:
    if before:
        await asyncio.wait(before)
    await work()


async def ended(successions: Iterable[Succession]) -> None:
    """End all of these, side by side, and wait until they have ended."""
    await asyncio.gather(*(task for one in successions for task in one.end()), return_exceptions=True)
