"""One connection that hands letters to a server, in steps that can be told apart (RFC 5321, 6409).

Whatever fails before the final dot leaves is proof that the letter was not sent. Whatever fails after it,
other than by the server's own refusal, is `LostInCommit`: nobody here can know. It is used from one thread,
but for `abort`; no error and no log holds what was sent.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import BinaryIO

from tui_mail.model.account import Account, Security, Server, Token
from tui_mail.model.errors import LostInCommit, MailError, ProtocolError, ServerRefused
from tui_mail.model.outbox import Step
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.net.tls import client_context, is_loopback
from tui_mail.smtp import envelope
from tui_mail.smtp.answers import Answer, refusal
from tui_mail.smtp.envelope import Wishes
from tui_mail.smtp.line import Limits, Line
from tui_mail.smtp.signing import offered, sign_in
from tui_mail.smtp.stuffing import stuffed

CHUNK = 64 * 1024
"""Octets of a letter that are sent between two reports of progress."""
RECIPIENTS_AT_ONCE = 50
"""Commands that leave before their answers are read, so that neither side's buffers fill (RFC 2920 §3.1)."""
LIMITS = Limits()
"""How long every server may take."""

START_INPUT = 354
TOO_LARGE = "5.3.4"
NO_SMTPUTF8 = "5.6.7"

Told = Callable[[Step, str], None]
"""Hears what happens, a sentence each."""


class Session:
    """One connection; every failure is a MailError, and `code` of a ServerRefused its status."""

    def __init__(
        self,
        account: Account,
        server: Server,
        secret: str | Token,
        *,
        told: Told,
        limits: Limits = LIMITS,
    ) -> None:
        self.host = safe_identity(server.host)
        """The server, for sentences."""
        self.mechanism = ""
        """By what it was signed in; "" before, and where the server on this machine knows everybody."""
        self._server = server
        self._username = account.username
        self._secret = secret
        self._told = told
        plain = server.security is Security.NONE
        self._line = Line(server, None if plain else client_context(account.ca_file), limits)
        self._letter_open = False

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._letter_open:
            self.quit()
        self.close()

    def open(self) -> None:
        """Connect, make the line safe, ask what is offered, sign in."""
        self.connect()
        self.sign_in()

    def connect(self) -> None:
        """Connect and ask what is offered; nothing secret is told."""
        line = self._line
        self._told(Step.CONNECT, f"Connecting to {line.where}")
        line.open()
        self._expect(line.answer(), "take letters")
        self._hello()
        if self._server.security is Security.STARTTLS:
            if not line.has_extn("starttls"):
                raise self._without_tls("does not offer STARTTLS")
            said = line.ask("STARTTLS")
            if not said.accepted:
                raise self._without_tls(f"does not start TLS: “{said}”")
            line.start_tls()
            self._hello()
        if line.secure:
            self._told(Step.TLS, f"The certificate of {line.where} is valid")

    def sign_in(self) -> None:
        """Prove who we are; a server on this machine that asks nobody is believed."""
        if not offered(self._line) and is_loopback(self._server.host):
            return
        self.mechanism = sign_in(self._line, self._server, self._username, self._secret)
        name = safe_identity(self._username)
        self._told(Step.SIGN_IN, f"Signed in as {name} by {self.mechanism}")

    @property
    def extensions(self) -> tuple[str, ...]:
        """What the server offers, in upper case."""
        return tuple(safe_text(word.upper(), 40) for word in self._line.esmtp_features)

    @property
    def size_limit(self) -> int | None:
        """Octets that a letter may have; None where the server names no limit (RFC 1870)."""
        word = self._line.esmtp_features.get("size", "")
        return int(word) or None if word.isascii() and word.isdecimal() else None

    @property
    def offers_smtputf8(self) -> bool:
        """Whether addresses may hold letters beyond ASCII."""
        return self._line.has_extn("smtputf8") and self._line.has_extn("8bitmime")

    @property
    def offers_dsn(self) -> bool:
        """Whether reports of delivery may be asked for."""
        return self._line.has_extn("dsn")

    def envelope(
        self,
        sender: str,
        recipients: Sequence[str],
        size: int,
        *,
        utf8: bool,
        dsn: bool,
        envelope_id: str = "",
    ) -> dict[str, Answer]:
        """Name sender and recipients; return the answer to each recipient.

        Raises ServerBusy or ServerRefused where the sender is refused. Whether anybody was accepted is for
        the caller to see: to all refused, nothing can be sent. `dsn` asks for reports where they are offered.
        """
        self._check(sender, size, utf8)
        wishes = Wishes(
            size if self._line.has_extn("size") else None, utf8, dsn and self.offers_dsn, envelope_id
        )
        if self._letter_open:
            self._expect(self._line.ask("RSET"), "forget a letter")
        self._line.command_encoding = "utf-8" if utf8 else "ascii"
        able = [address for address in dict.fromkeys(recipients) if envelope.sendable(address, utf8=utf8)]
        self._letter_open = True
        commands = [envelope.mail(sender, wishes), *(envelope.rcpt(address, wishes) for address in able)]
        first, *answers = self._all(commands)
        self._expect(first, f"take a letter from {safe_identity(sender)}")
        found = dict(zip(able, answers, strict=True))
        said = {address: found.get(address) or envelope.not_sendable(address) for address in recipients}
        self._told(Step.SENDER, f"{safe_identity(sender)}: {first}")
        for address, answer in said.items():
            self._told(Step.RECIPIENT, f"{safe_identity(address)}: {answer}")
        return said

    def send_bytes(self, wire: BinaryIO | Iterable[bytes], progress: Callable[[int], None]) -> None:
        """Send all of a letter but its last CRLF; `progress` is told how many of its octets are gone.

        Any failure here is proof that it was not sent. Raises MailError at lines that must not leave.
        """
        said = self._line.ask("DATA")
        if said.code != START_INPUT:
            if said.code < 400:
                self._line.abort()
                raise ProtocolError(f"{self._line.where} answers something else than to go on: “{said}”")
            raise refusal(self._line.where, "take the letter", said)
        since, gone = time.monotonic(), 0
        try:
            for octets, done in stuffed(_blocks(wire)):
                self._refused_early()
                gone += len(octets)
                self._line.push(octets, self._line.transfer_deadline(gone, since))
                progress(done)
        except BaseException:
            self._line.abort()  # a letter that is begun has no other end than its dot
            raise
        self._told(Step.BYTES, f"{gone:,} octets have left")

    def commit(self) -> Answer:
        """Send the final dot and return the answer that takes the letter.

        ServerBusy and ServerRefused are the server's own word that it did not; LostInCommit says that
        nobody knows. Other errors come before the dot left.
        """
        self._refused_early()
        self._told(Step.COMMIT, "The last line is leaving")
        line = self._line
        try:
            line.push(b"\r\n.\r\n")
            said = self._verdict()
        except MailError as error:
            line.abort()
            raise LostInCommit(
                f"The connection to {line.where} was lost before it said whether it has the letter ({error})",
                hint="Look whether it arrived before it is sent again",
            ) from error
        self._letter_open = False
        self._expect(said, "take the letter")
        self._told(Step.ACCEPTED, f"{line.where} has taken it: {said}")
        return said

    def quit(self) -> None:
        """Leave in good order, as far as the server plays along."""
        with suppress(MailError):
            self._line.ask("QUIT", self._line.limits.farewell)
        self._line.abort()

    def abort(self) -> None:
        """End the connection at once, from whatever thread: a call that waits fails."""
        self._line.abort()

    def close(self) -> None:
        """Let go of the connection, however it stands; only for the thread that uses it."""
        self._line.abort()
        self._line.close()

    def _hello(self) -> None:
        """Ask what the server offers (RFC 5321 §4.1.1.1)."""
        code, text = self._line.ehlo()
        self._expect(self._line.read(code, text), "talk to us")

    def _expect(self, said: Answer, doing: str) -> None:
        if not said.accepted:
            raise refusal(self._line.where, doing, said)

    def _without_tls(self, what: str) -> MailError:
        return ServerRefused(
            f"{self._line.where} {what}: nothing secret was told",
            code="STARTTLS",
            hint='Its security may be "tls" on port 465',
        )

    def _check(self, sender: str, size: int, utf8: bool) -> None:
        """Refuse here what the server would refuse, without bothering it."""
        where, limit = self._line.where, self.size_limit
        if limit is not None and size > limit:
            raise ServerRefused(
                f"{where} takes letters up to {limit / 1e6:.1f} MB; this one has {size / 1e6:.1f} MB",
                code=TOO_LARGE,
                hint="Send less at once, or a link in its place",
            )
        if utf8 and not self.offers_smtputf8:
            raise ServerRefused(
                f"{where} takes no addresses with letters beyond ASCII (SMTPUTF8)", code=NO_SMTPUTF8
            )
        if sender and not envelope.sendable(sender, utf8=utf8):
            raise ServerRefused(
                f"“{safe_identity(sender)}” is not an address to send from",
                code="5.1.7",
                hint="Check the identity in the configuration",
            )

    def _all(self, commands: Sequence[str]) -> Iterator[Answer]:
        """Send commands and return their answers, in flights where the server lets them (RFC 2920)."""
        at_once = RECIPIENTS_AT_ONCE if self._line.has_extn("pipelining") else 1
        for start in range(0, len(commands), at_once):
            flight = commands[start : start + at_once]
            self._line.send("".join(f"{command}\r\n" for command in flight))
            yield from (self._line.answer() for _ in flight)

    def _refused_early(self) -> None:
        """See whether the server gave up on the letter before it has all of it."""
        said = self._line.early_answer()
        if said is None:
            return
        self._line.abort()
        if said.code < 400:
            raise ProtocolError(f"{self._line.where} answers before it is asked: “{said}”")
        raise refusal(self._line.where, "take the letter", said)

    def _verdict(self) -> Answer:
        """Wait for what the server says to the dot; that it leaves is a word too: it did not take it."""
        code, text = self._line.reply(self._line.limits.commit)
        if 300 <= code < 400:
            raise ProtocolError(f"{self._line.where} answers something else than yes or no")
        return self._line.words(code, text)


def _blocks(wire: BinaryIO | Iterable[bytes]) -> Iterable[bytes]:
    """Cut what is to be sent into blocks of bounded size."""
    if hasattr(wire, "read"):
        return iter(partial(wire.read, CHUNK), b"")
    return (block[at : at + CHUNK] for block in wire for at in range(0, len(block), CHUNK))
