"""Tells a mail server whose an access token is (RFC 7662 in the spelling of Dovecot), on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


class TokenOffice:
    """Knows tokens; a context manager."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        """The user of each valid token."""
        self.asked: list[str] = []
        """Tokens that a server asked about."""
        office = self

        class Desk(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = self.path.removeprefix("/").partition("&")[0]  # the client's name follows
                office.asked.append(token)
                user = office.tokens.get(token)
                told = {"active": True, "username": user} if user else {"active": False}
                body = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """What a token is appended to."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> "TokenOffice":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
