"""Commands about the session: sign-in, extensions, goodbye (RFC 9051, 6.1, 6.2; RFC 2971, 2177, 5161)."""

import base64
import binascii

from tui_mail.demo.imap.answers import RefusedError
from tui_mail.demo.imap.connection import Command, Connection, Phase, Table
from tui_mail.imap.wire import Cursor
from tui_mail.model.errors import ProtocolError

_ENABLED = frozenset((b"CONDSTORE", b"QRESYNC"))
"""What ENABLE switches on."""


def _end(cursor: Cursor) -> None:
    if not cursor.at_end:
        raise ProtocolError("there are more arguments than this command takes")


async def _capability(connection: Connection, cursor: Cursor) -> None:
    _end(cursor)
    connection.write(f"* CAPABILITY {connection.capabilities}\r\n".encode())


async def _noop(_: Connection, cursor: Cursor) -> None:
    _end(cursor)


async def _logout(connection: Connection, cursor: Cursor) -> None:
    _end(cursor)
    connection.closing = True
    connection.write(b"* BYE Good night.\r\n")


async def _id(connection: Connection, cursor: Cursor) -> None:
    given = cursor.value()
    if given is not None and not isinstance(given, list):
        raise ProtocolError("ID takes a list or NIL")
    connection.write(b'* ID ("name" "tui-mail post office" "support-url" "https://tui-mail.example/")\r\n')


async def _login(connection: Connection, cursor: Cursor) -> str:
    _not_twice(connection)
    address, password = cursor.atom(), cursor.atom()
    connection.sign_in(address.decode("utf-8", "replace"), password.decode("utf-8", "replace"))
    return f"[CAPABILITY {connection.capabilities}] Welcome."


async def _authenticate(connection: Connection, cursor: Cursor) -> str:
    _not_twice(connection)
    if cursor.atom().upper() != b"PLAIN":
        raise RefusedError("Only PLAIN is spoken here.")
    if cursor.at_end:
        connection.write(b"+ \r\n")
        line = await connection.line()
        if line is None:
            raise ProtocolError("the answer to AUTHENTICATE is missing")
        word = line.data
    else:
        word = cursor.atom()
    try:
        _, address, password = base64.b64decode(word, validate=True).split(b"\0")
    except (binascii.Error, ValueError):
        raise ProtocolError("the answer to AUTHENTICATE cannot be read") from None
    connection.sign_in(address.decode("utf-8", "replace"), password.decode("utf-8", "replace"))
    return f"[CAPABILITY {connection.capabilities}] Welcome."


def _not_twice(connection: Connection) -> None:
    if connection.user is not None:
        raise ProtocolError("someone is signed in already")


async def _enable(connection: Connection, cursor: Cursor) -> None:
    wanted = {word.upper() for word in cursor.values() if isinstance(word, bytes)}
    granted = sorted(wanted & _ENABLED & set(connection.capabilities.encode().split()))
    connection.qresync = connection.qresync or b"QRESYNC" in granted
    connection.condstore = connection.condstore or bool(granted)  # QRESYNC brings it (RFC 7162, 3.2.3)
    connection.write(b" ".join([b"* ENABLED", *granted]) + b"\r\n")


async def _namespace(connection: Connection, cursor: Cursor) -> None:
    _end(cursor)
    user = connection.owner
    connection.write(f'* NAMESPACE (("{user.prefix}" "{user.separator}")) NIL NIL\r\n'.encode())


async def _idle(connection: Connection, cursor: Cursor) -> str:
    _end(cursor)
    await connection.idle()
    return "Idle done."


COMMANDS: Table = {
    b"CAPABILITY": Command(_capability, Phase.GREETED),
    b"NOOP": Command(_noop, Phase.GREETED),
    b"LOGOUT": Command(_logout, Phase.GREETED),
    b"ID": Command(_id, Phase.GREETED),
    b"LOGIN": Command(_login, Phase.GREETED),
    b"AUTHENTICATE": Command(_authenticate, Phase.GREETED),
    b"ENABLE": Command(_enable, Phase.SIGNED_IN),
    b"NAMESPACE": Command(_namespace, Phase.SIGNED_IN),
    b"IDLE": Command(_idle, Phase.SIGNED_IN),
}
