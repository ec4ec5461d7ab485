"""Hands a letter over to another host (RFC 5321, 3.3): the client's half of a hop.

A line that breaks, or a host that says nothing sensible, is a `LineError`: the letter is still ours, and a
later try may do better. Replies are bounded in length and in number.
"""

import asyncio
import re
from collections.abc import Iterator

from tui_mail.demo.dns.lookup import MailHost
from tui_mail.demo.smtp.parcel import UNTOLD, Parcel, Recipient, Reply

_LONGEST_REPLY = 4096
_MOST_LINES = 100
_REPLY = re.compile(rb"([2-5][0-9]{2})([ -]|$)(?:([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$))?(.*)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class LineError(Exception):
    """The host cannot be reached, or it broke off; the text is a sentence."""


async def hand_over(parcel: Parcel, host: MailHost, own_name: str, limit: float) -> dict[Recipient, Reply]:
    """Give a letter to a host within some seconds; return its word on each recipient."""
    try:
        async with asyncio.timeout(limit):
            reader, writer = await asyncio.open_connection(host.address, host.port, limit=_LONGEST_REPLY)
            try:
                return await _Line(reader, writer, host).hand_over(parcel, own_name)
            finally:
                writer.close()
    except ConnectionRefusedError:
        raise LineError(f"{host.name} does not answer the door") from None
    except TimeoutError:
        raise LineError(f"{host.name} took too long") from None
    except (OSError, EOFError, ValueError):  # ValueError: a line without an end
        raise LineError(f"The line to {host.name} broke") from None


class _Line:
    """One connection to one host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: MailHost) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host
        self._offers: frozenset[str] = frozenset()

    async def hand_over(self, parcel: Parcel, own_name: str) -> dict[Recipient, Reply]:
        reply = await self._greeted(own_name)
        if reply.is_good and parcel.is_utf8 and "SMTPUTF8" not in self._offers:
            reply = Reply(550, "5.6.7", f"{self._host.name} does not take addresses like these")
        if reply.is_good:
            reply = await self._say(f"MAIL FROM:<{parcel.sender}>{''.join(self._mail_words(parcel))}")
        if not reply.is_good:
            return dict.fromkeys(parcel.recipients, reply)
        replies = {
            one: await self._say(f"RCPT TO:<{one.address}>{self._wishes(one)}") for one in parcel.recipients
        }
        if any(reply.is_good for reply in replies.values()):
            last = await self._content(parcel.letter)
            replies = {one: last if reply.is_good else reply for one, reply in replies.items()}
        self._writer.write(b"QUIT\r\n")
        return replies

    async def _greeted(self, own_name: str) -> Reply:
        reply, _ = await self._reply()
        if reply.is_good:
            self._writer.write(f"EHLO {own_name}\r\n".encode())
            reply, lines = await self._reply()
            self._offers = frozenset(line.partition(" ")[0].upper() for line in lines[1:])
        return reply

    def _mail_words(self, parcel: Parcel) -> Iterator[str]:
        if "SIZE" in self._offers:
            yield f" SIZE={len(parcel.letter)}"
        if "8BITMIME" in self._offers and not parcel.letter.isascii():
            yield " BODY=8BITMIME"
        if parcel.is_utf8:
            yield " SMTPUTF8"
        if "DSN" in self._offers and parcel.headers_only:
            yield " RET=HDRS"
        if "DSN" in self._offers and parcel.envelope_id:
            yield f" ENVID={parcel.envelope_id}"

    def _wishes(self, recipient: Recipient) -> str:
        words = ""
        if "DSN" in self._offers:
            if recipient.notify != UNTOLD:
                words += f" NOTIFY={','.join(sorted(recipient.notify)) or 'NEVER'}"
            if recipient.original:
                words += f" ORCPT={recipient.original}"
        return words

    async def _content(self, letter: bytes) -> Reply:
        reply = await self._say("DATA")
        if reply.code != 354:
            return reply
        self._writer.write((b"\r\n" + letter).replace(b"\r\n.", b"\r\n..")[2:])  # RFC 5321, 4.5.2
        await self._writer.drain()
        return await self._say("." if letter.endswith(b"\r\n") else "\r\n.")

    async def _say(self, command: str) -> Reply:
        self._writer.write(command.encode() + b"\r\n")
        return (await self._reply())[0]

    async def _reply(self) -> tuple[Reply, list[str]]:
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            found = _REPLY.fullmatch((await self._reader.readuntil(b"\r\n"))[:-2])
            if found is None:
                raise LineError(f"{self._host.name} speaks no SMTP")
            lines.append(_CONTROLS.sub(" ", found[4].decode("utf-8", "replace")))
            if found[2] != b"-":
                status = (found[3] or b"").decode("ascii")
                return Reply(int(found[1]), status, " ".join(lines)), lines
        raise LineError(f"{self._host.name} does not stop talking")
