"""What is said to sign in, whatever the protocol around it: dialogues of octets, without a socket (RFC 4422).

PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), XOAUTH2 (Google's own) and OAUTHBEARER (RFC 7628) hand
the secret over, so callers speak them under TLS or to this machine only; SCRAM is in a module of its own.

The way down from one mechanism to the next is never taken after a proof was sent or something smelt of an
attack. It is taken where the server refused before it was shown anything: a server offers SCRAM to everyone,
but may hold a password in a form that SCRAM cannot use.
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tui_mail.model.account import Token
from tui_mail.model.errors import ProtocolError, ServerRefused, SignInRefused
from tui_mail.model.safe_text import safe_text
from tui_mail.net.binding import Binding
from tui_mail.net.scram import Scram

ROUNDS = 5
"""Challenges that a sign-in may have; the longest dialogue has three."""

BETRAYING = 24
"""Characters of a secret by which it is known where a server's sentence is cut short."""

_UNSENDABLE = re.compile(r"[\x00\r\n]")
_UNSENDABLE_TOKEN = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs in where, and by what."""

    where: str
    """The server as people know it, for sentences."""
    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    """A password; a `Token` is used for OAuth and for nothing else."""
    binding: Binding | None = None
    """What ties the sign-in to its connection; None where there is no TLS or nothing is known of it."""
    prefers_xoauth2: bool = False
    """Whether XOAUTH2 comes before OAUTHBEARER."""


class Dialogue(Protocol):
    """One attempt by one mechanism."""

    @property
    def name(self) -> str:
        """The mechanism."""

    @property
    def first(self) -> bytes | None:
        """What the client begins with; None where the server begins."""

    @property
    def refusal(self) -> str:
        """Why the server refuses, in its own safe words; "" where it does not say."""

    @property
    def may_try_another(self) -> bool:
        """Whether a refusal now says nothing of the secret, so that another mechanism may be tried."""

    def answer(self, challenge: bytes, /) -> bytes:
        """Return the answer to a challenge; it may take a moment, so not on a loop."""

    def accepted(self) -> None:
        """Take the server's OK; raises CertificateError where it had to prove something and did not."""


class Plain:
    """Name and password at once."""

    name = "PLAIN"
    refusal = ""
    may_try_another = False

    def __init__(self, credentials: Credentials) -> None:
        self.first = b"\0%b\0%b" % (encoded(credentials.username), encoded(credentials.secret))

    def answer(self, _challenge: bytes, /) -> bytes:
        """Refuse to say more."""
        raise _asks_too_much(self.name)

    def accepted(self) -> None:
        """Believe it."""


class Login:
    """Name and password, each when it is asked for."""

    name = "LOGIN"
    refusal = ""
    may_try_another = False
    first = None

    def __init__(self, credentials: Credentials) -> None:
        self._answers = [encoded(credentials.secret), encoded(credentials.username)]

    def answer(self, _challenge: bytes, /) -> bytes:
        """Say the name, then the password."""
        if not self._answers:
            raise _asks_too_much(self.name)
        return self._answers.pop()

    def accepted(self) -> None:
        """Believe it."""


class OAuth:
    """An access token, in either of two spellings."""

    may_try_another = False

    def __init__(self, credentials: Credentials, name: str) -> None:
        self.name = name
        self.refusal = ""
        user, token = encoded(credentials.username), encoded(credentials.secret)
        if name == "XOAUTH2":
            self.first = b"user=%b\x01auth=Bearer %b\x01\x01" % (user, token)
        else:
            user = user.replace(b"=", b"=3D").replace(b",", b"=2C")
            place = b"host=%b\x01port=%d" % (credentials.host.encode("idna"), credentials.port)
            self.first = b"n,a=%b,\x01%b\x01auth=Bearer %b\x01\x01" % (user, place, token)

    def answer(self, challenge: bytes, /) -> bytes:
        """Note why the token is refused, and let the server say its NO (RFC 7628 §3.2.3)."""
        self.refusal = _status(challenge)
        return b"" if self.name == "XOAUTH2" else b"\x01"

    def accepted(self) -> None:
        """Believe it."""


def ways(offered: Collection[str], credentials: Credentials) -> Iterator[Dialogue]:
    """Return a dialogue for each mechanism among those offered (in upper case) that suits, best first."""
    if isinstance(credentials.secret, Token):
        names = ("XOAUTH2", "OAUTHBEARER") if credentials.prefers_xoauth2 else ("OAUTHBEARER", "XOAUTH2")
        yield from (OAuth(credentials, name) for name in names if name in offered)
        return
    plus_offered = "SCRAM-SHA-256-PLUS" in offered
    if plus_offered and credentials.binding:
        yield _scram(credentials, credentials.binding, plus_offered)
    if "SCRAM-SHA-256" in offered:
        # Reached with -PLUS on offer only if our kind of binding is none of the server's: then it is "n".
        yield _scram(credentials, None if plus_offered else credentials.binding, plus_offered)
    if "PLAIN" in offered:
        yield Plain(credentials)
    if "LOGIN" in offered:
        yield Login(credentials)


def encoded(word: str) -> bytes:
    """Return a user name or secret as it is sent; one that cannot be sent anywhere is refused here."""
    if not word or (_UNSENDABLE_TOKEN if isinstance(word, Token) else _UNSENDABLE).search(word):
        what = "access token" if isinstance(word, Token) else "password"
        raise SignInRefused(
            f"The user name or {what} is empty or holds a character that cannot be sent",
            hint=f"Check what the {what.split()[-1]} command prints",
        )
    return word.encode("utf-8", "surrogatepass")


def refused(way: Dialogue, credentials: Credentials, words: str, code: str) -> SignInRefused:
    """Say that a server refused a sign-in; `words` are its own, safe and without the secret."""
    by_token = isinstance(credentials.secret, Token)
    words = words or ("" if by_token else way.refusal)
    return SignInRefused(
        f"{credentials.where} refused "
        + ("the access token" if by_token else "user name or password")
        + (f" ({way.refusal})" if by_token and way.refusal else "")
        + (f": “{words}”" if words else ""),
        code=code,
        sentence_of_server=words,
        hint="Check what the token command gives, and for which account"
        if by_token
        else "Check both; some providers want an app password",
    )


def no_way(where: str, secret: str) -> ServerRefused:
    """Say that none of the mechanisms that a server offers suits."""
    by_token = " with an access token" if isinstance(secret, Token) else ""
    return ServerRefused(
        f"{where} offers no way to sign in that this program knows{by_token}", code="LOGINDISABLED"
    )


def from_base64(challenge: bytes) -> bytes:
    """Return what a challenge says; words instead of one stay, for every mechanism knows what it expects."""
    try:
        return b64decode(challenge, validate=True)
    except binascii.Error:
        return challenge


def without(secrets: Sequence[str], text: str) -> str:
    """Return a text with dots in the place of secrets; of a long one the beginning betrays it."""
    for secret in secrets:
        text = text.replace(secret, "•••")
        text = re.sub(re.escape(secret[:BETRAYING]) + r"\S*", "•••", text)
    return text


def _scram(credentials: Credentials, binding: Binding | None, plus_offered: bool) -> Scram:
    encoded(credentials.username)
    encoded(credentials.secret)
    return Scram(
        credentials.where,
        credentials.username,
        credentials.secret,
        binding=binding,
        plus_offered=plus_offered,
    )


def _status(challenge: bytes) -> str:
    try:
        told = json.loads(challenge)
    except (ValueError, RecursionError):
        return ""
    status = told.get("status") if isinstance(told, dict) else None
    return safe_text(status, 100) if isinstance(status, str) else ""


def _asks_too_much(mechanism: str) -> ProtocolError:
    return ProtocolError(f"the server asks for more than {mechanism} holds")
