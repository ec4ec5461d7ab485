"""The demo's stage: a post office and an engine on it, in a temporary home.

The post office runs in a thread with a loop of its own, so that serving does not slow the screen. The user's
configuration, mail and keyring are neither read nor written.
"""

import asyncio
import logging
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine

if TYPE_CHECKING:
    from tui_mail.demo.post_office import PostOffice

LIMIT = 5.0
"""Seconds that the post office may take to close; its thread is a daemon and holds nothing up."""


class Stage:
    """A post office and an engine on it, in a temporary home."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._office = _OfficeThread()
        self._engine: Engine | None = None
        self.home: Home

    async def start(self) -> Engine:
        """Open the post office and start an engine on its accounts."""
        self._folder = tempfile.TemporaryDirectory(prefix="tui-mail-demo-", ignore_cleanup_errors=True)
        self.home = Home.at(Path(self._folder.name))
        self.home.prepare()
        office = await self._office.open()
        self._engine = await Engine.start(self.home, office.accounts, Given(office.passwords))
        return self._engine

    async def stop(self) -> None:
        """Close what was opened and remove the temporary home."""
        if self._engine is not None:
            await self._engine.stop()
        await self._office.close()
        if self._folder is not None:
            self._folder.cleanup()


class _OfficeThread:
    """A post office on a loop of its own."""

    def __init__(self) -> None:
        self._opened: Future[PostOffice] = Future()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event

    async def open(self) -> "PostOffice":
        self._thread = threading.Thread(target=self._run, name="post office", daemon=True)
        self._thread.start()
        return await asyncio.wrap_future(self._opened)

    async def close(self) -> None:
        if self._thread is None:
            return
        if self._opened.done() and self._opened.exception() is None:
            self._loop.call_soon_threadsafe(self._end.set)
        await asyncio.to_thread(self._thread.join, LIMIT)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self._opened.done():
                logging.getLogger("tui_mail").exception("The post office closed early")
            else:
                self._opened.set_exception(error)

    async def _serve(self) -> None:
        # 18 ms: only where the demo is wanted
        from tui_mail.demo.post_office import PostOffice

        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with PostOffice() as office:
            self._opened.set_result(office)
            await self._end.wait()
