"""Connections for the protocols that are spoken from a thread (SMTP, POP3).

The rules are those of `tls`, which makes every context and every sentence. A time limit holds for the whole
of what is waited for, not for each read, so that a server that drips its octets gains nothing.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import ServerSilent
from tui_mail.net.tls import CONNECT_LIMIT, Context, in_words, keep_alive, refuse_in_clear, secured, where

Held = Callable[[socket.socket], None]
"""Is told of each socket before it is waited for, so that another thread can end the wait."""


class Deadline:
    """A moment until which something must have happened."""

    def __init__(self, server: Server, limit: float, since: float | None = None) -> None:
        self.limit = limit
        """Seconds from now, or from a moment of the monotonic clock."""
        self._server = server
        self._end = (time.monotonic() if since is None else since) + limit

    def left(self, at_most: float = float("inf")) -> float:
        """Seconds that are left, `at_most` so many; ServerSilent where there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise ServerSilent(f"{where(self._server)} did not answer within {self.limit:g} s")
        return min(left, at_most)


def open_socket(
    server: Server, context: Context | None, held: Held, limit: float = CONNECT_LIMIT
) -> socket.socket:
    """Connect to `server`; with Security.TLS the socket is safe when this returns, else still plain."""
    refuse_in_clear(server)
    deadline = Deadline(server, limit)
    sock = _connected(server, deadline, held)
    keep_alive(sock)
    if server.security is not Security.TLS:
        return sock
    sock.settimeout(deadline.left())
    return secured(sock, server, context, held)


def wake(sock: socket.socket) -> None:
    """End the connection from another thread: whoever waits for it wakes at once.

    A socket with TLS is shut like a plain one, for its own way takes the TLS out of the other thread's hands.
    """
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _connected(server: Server, deadline: Deadline, held: Held) -> socket.socket:
    """Try the addresses of a server in turn; one that does not answer leaves time for the others."""
    try:
        places = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:  # ValueError: a host name that IDNA refuses
        raise in_words(error, server, deadline.limit) from error
    failure: OSError | None = None
    for count, (family, kind, protocol, _, address) in enumerate(places):
        sock = socket.socket(family, kind, protocol)
        held(sock)
        try:
            sock.settimeout(deadline.left() / (len(places) - count))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise in_words(failure or OSError(), server, deadline.limit) from failure
