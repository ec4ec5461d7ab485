"""The socket of the IMAP counter: loopback only, a port that the system chooses."""

import asyncio
from collections.abc import Callable

from tui_mail.demo.imap.connection import Connection
from tui_mail.demo.imap.mailbox_commands import COMMANDS as MAILBOX_COMMANDS
from tui_mail.demo.imap.message_commands import COMMANDS as MESSAGE_COMMANDS
from tui_mail.demo.imap.session_commands import COMMANDS as SESSION_COMMANDS
from tui_mail.demo.mailboxes import User, Users

HOST = "127.0.0.1"
_TABLE = SESSION_COMMANDS | MAILBOX_COMMANDS | MESSAGE_COMMANDS


class ImapServer:
    """Serves the mailboxes of the office over IMAP."""

    def __init__(self, users: Users, signed_in: Callable[[User], None]) -> None:
        self.port = 0
        self._users = users
        self._signed_in = signed_in
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the counter; `port` is known afterwards."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the counter and send everyone home."""
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            await Connection(self._users, _TABLE, reader, writer, self._signed_in).serve()
        except asyncio.CancelledError:
            pass  # the office closes; the stream is closed already
        finally:
            self._clients.discard(task)
