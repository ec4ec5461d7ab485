"""Where letters are handed in: aiosmtpd speaks SMTP, an exchange decides (RFC 5321, 6409, 4954, 3461, 6531).

The people of a domain sign in and send from their own address; other hosts do not, and only bring mail for
who lives here. The line is plain, as all of the office on loopback. Lines end in CRLF alone: a lone CR or LF
in a letter is refused, so nobody can hide a second letter in it. Sizes, recipients, sign-ins and bad commands
are counted.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tui_mail.demo.smtp.parcel import UNTOLD, Keeper, Parcel, Recipient, Reply
from tui_mail.demo.smtp.traces import Hop

LARGEST = 25 * 1024 * 1024
"""Octets of the largest letter."""
MOST_RECIPIENTS = 100
PATIENCE = 300.0
"""Seconds of silence."""

_CALLS = {"AUTH": 10, "*": 5000}
_OFFERS = ("PIPELINING", "DSN")
_XTEXT = r"[!-*,-<>-~]|\+[0-9A-F]{2}"
_ENVELOPE_ID = re.compile(rf"(?:{_XTEXT}){{1,100}}")
_ORIGINAL = re.compile(rf"(?:rfc822|utf-8);(?:{_XTEXT}){{1,500}}", re.IGNORECASE)
_WISHES = re.compile(r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f<>\u2028\u2029\ud800-\udfff]")

_log = logging.getLogger("mail.log")
_log.addHandler(logging.NullHandler())  # aiosmtpd writes all that is said there, and would warn on the screen
_log.propagate = False

SignIn = Callable[[str, str], str | None]
"""Returns the address of who signs in with a name and a password; None for a stranger."""


class Counter(SMTP):
    """One client at the counter."""

    def __init__(self, keeper: Keeper, sign_in: SignIn | None, arrive: Callable[["Counter"], None]) -> None:
        """Open a counter; `sign_in` is None where other hosts bring mail, `arrive` hears of the client."""
        self._clerk = _Clerk(keeper, sign_in)
        self._arrive = arrive
        super().__init__(
            self._clerk,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=keeper.name,
            ident="Good day, the post office is open.",
            timeout=PATIENCE,
            auth_require_tls=sign_in is None,  # without TLS here, so nothing is offered to other hosts
            authenticator=self._clerk.authenticate,
            command_call_limit=_CALLS,
        )

    def connection_made(self, transport: Any) -> None:
        """Begin, and say who has come."""
        super().connection_made(transport)
        assert self._handler_coroutine is not None
        self._handler_coroutine.add_done_callback(_heed)
        self._arrive(self)

    @property
    def has_left(self) -> bool:
        """Whether the line is closed."""
        return self._handler_coroutine is None or self._handler_coroutine.done()

    def turn_away(self) -> None:
        """Close the line to one too many."""
        self._writer.write(b"421 4.7.0 The counter is crowded, come again later\r\n")
        self._writer.close()

    async def send_home(self) -> None:
        """Close the line now, and wait until nothing runs on it."""
        if self.transport is not None:
            self._writer.transport.abort()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    async def check_auth_needed(self, caller_method: str) -> bool:
        """Refuse everything but a sign-in before it, where one is wanted."""
        assert self.session is not None
        if self._clerk.sign_in is None or self.session.authenticated:
            return False
        await self.push(f"530 5.7.0 {caller_method} has to wait for a sign-in")
        return True

    async def smtp_MAIL(self, arg: str | None) -> None:
        """MAIL, with the wishes of RFC 3461, which aiosmtpd does not know."""
        rest, wishes = _split(arg, ("RET", "ENVID"))
        self._clerk.mail_wishes = wishes
        await super().smtp_MAIL(rest)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """RCPT, likewise."""
        rest, wishes = _split(arg, ("NOTIFY", "ORCPT"))
        self._clerk.rcpt_wishes = wishes
        await super().smtp_RCPT(rest)


class _Clerk:
    """The hooks that aiosmtpd calls."""

    def __init__(self, keeper: Keeper, sign_in: SignIn | None) -> None:
        self.sign_in = sign_in
        self.mail_wishes: dict[str, str] = {}
        self.rcpt_wishes: dict[str, str] = {}
        self._keeper = keeper
        self._parcel = Parcel("", (), b"")

    def authenticate(self, _: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:
        """Let someone in, or refuse without saying which of the two was wrong."""
        address = None
        if self.sign_in is not None and isinstance(data, LoginPassword):
            name, password = (word.decode("utf-8", "replace") for word in data)
            address = self.sign_in(name, password)
        return AuthResult(success=address is not None, handled=False, auth_data=address)

    async def handle_EHLO(
        self, _: SMTP, session: Session, __: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{offer}" for offer in _OFFERS), responses[-1]]

    async def handle_MAIL(
        self, _: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        sender = "" if address == "<>" else address
        wishes = self.mail_wishes
        if refusal := self._refuses_sender(sender, session, envelope.smtp_utf8):
            return f"{refusal}"
        if wishes.get("RET", "FULL").upper() not in ("FULL", "HDRS"):
            return "501 5.5.4 RET is FULL or HDRS"
        if "ENVID" in wishes and not _ENVELOPE_ID.fullmatch(wishes["ENVID"]):
            return "501 5.5.4 ENVID cannot be read"
        self._parcel = Parcel(
            sender,
            (),
            b"",
            is_utf8=envelope.smtp_utf8,
            headers_only=wishes.get("RET", "").upper() == "HDRS",
            envelope_id=wishes.get("ENVID", ""),
        )
        envelope.mail_from = address
        return "250 2.1.0 Go on"

    def _refuses_sender(self, sender: str, session: Session, utf8: bool) -> Reply | None:
        if sender and (refusal := _unreadable(sender, utf8)):
            return refusal
        if self.sign_in is not None and Recipient(sender).mailbox != session.auth_data:
            return Reply(
                553, "5.7.1", f"You are signed in as {session.auth_data}, not as {sender or 'nobody'}"
            )
        return None

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if refusal := _unreadable(address, envelope.smtp_utf8):
            return f"{refusal}"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 No more recipients in one go"
        notify, original = self.rcpt_wishes.get("NOTIFY", "").upper(), self.rcpt_wishes.get("ORCPT", "")
        if (notify and not _WISHES.fullmatch(notify)) or (original and not _ORIGINAL.fullmatch(original)):
            return "501 5.5.4 The wishes for this recipient cannot be read"
        wanted = frozenset(notify.split(",")) - {"NEVER"} if notify else UNTOLD
        recipient = Recipient(address, wanted, original)
        if refusal := self._keeper.refuses(recipient, self._parcel.sender, self.sign_in is not None):
            return f"{refusal}"
        envelope.rcpt_tos.append(address)
        self._parcel = self._parcel.to(*self._parcel.recipients, recipient)
        return "250 2.1.5 Go on"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        parcel = replace(self._parcel, letter=envelope.content)
        return f"{self._keeper.take(parcel, self._hop(session, parcel.is_utf8))}"

    async def handle_exception(self, error: Exception) -> str:
        """Answer for a fault of the office's own."""
        logging.getLogger("tui_mail").error("The post office stumbled", exc_info=error)
        return "451 4.3.0 Something went wrong here"

    def _hop(self, session: Session, utf8: bool) -> Hop:
        protocol = "UTF8SMTP" if utf8 else "ESMTP" if session.extended_smtp else "SMTP"
        peer = session.peer[0] if session.peer else "unknown"
        signed = "A" if session.authenticated and session.extended_smtp else ""
        return Hop(session.host_name or "", peer, protocol + signed)


def _heed(task: asyncio.Task[None]) -> None:
    """Take note of how a client's task ended: most often it was a line that broke, which is no news."""
    if not task.cancelled() and (error := task.exception()) and not isinstance(error, ConnectionError):
        logging.getLogger("tui_mail").error("The post office stumbled", exc_info=error)


def _split(arg: str | None, names: tuple[str, ...]) -> tuple[str | None, dict[str, str]]:
    """Return a command's argument without some of the parameters behind its address, and those."""
    if arg is None or ">" not in arg:
        return arg, {}
    address, _, words = arg.rpartition(">")
    kept: list[str] = []
    found: dict[str, str] = {}
    for word in words.split():
        name, _, value = word.partition("=")
        if name.upper() in names and value and name.upper() not in found:
            found[name.upper()] = value
        else:
            kept.append(word)
    return " ".join([f"{address}>", *kept]), found


def _unreadable(address: str, utf8: bool) -> Reply | None:
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > 254 or _UNSAFE.search(address):
        return Reply(553, "5.1.3", "This is no address")
    if not utf8 and not address.isascii():
        return Reply(553, "5.6.7", "An address like this needs SMTPUTF8")
    return None
