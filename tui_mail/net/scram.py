"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677): a sign-in that shows the password to nobody.

The server proves that it knows the password too. One that does not (another nonce, a wrong signature, an OK
without proof) or that asks for more work than any honest server is left at once, and nothing else is said.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

from tui_mail.model.errors import CertificateError
from tui_mail.model.safe_text import safe_text
from tui_mail.net.binding import Binding
from tui_mail.net.saslprep import saslprep

ROUNDS_LIMIT = 600_000
"""Rounds of hashing that a server may ask for: about a third of a second."""

_SERVER_FIRST = re.compile(
    rb"r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d{0,9})(?:,.*)?", re.DOTALL
)
_SERVER_FINAL = re.compile(rb"v=([A-Za-z0-9+/=]+)(?:,.*)?", re.DOTALL)
_ERROR = re.compile(rb"e=([^,]{1,100})", re.DOTALL)
_BINDING_UNKNOWN = frozenset({"unsupported-channel-binding-type", "channel-binding-not-supported"})
_BINDING_BROKEN = frozenset({"channel-bindings-dont-match", "server-does-support-channel-binding"})


class Scram:
    """One SCRAM dialogue; it may take a moment, so not on a loop."""

    def __init__(
        self,
        where: str,
        username: str,
        password: str,
        *,
        binding: Binding | None = None,
        plus_offered: bool = False,
        nonce: str = "",
    ) -> None:
        self.refusal = ""
        self._where = where
        self._password = saslprep(password).encode("utf-8", "surrogatepass")
        self._nonce = (nonce or secrets.token_urlsafe(24)).encode("ascii")
        name = saslprep(username).replace("=", "=3D").replace(",", "=2C")
        self._bare = b"n=%b,r=%b" % (name.encode("utf-8", "surrogatepass"), self._nonce)
        bound = binding if plus_offered else None
        self.name = "SCRAM-SHA-256-PLUS" if bound else "SCRAM-SHA-256"
        # "y": we could bind, and believe that the server cannot. One that offered it and is told so by a
        # third party's silence notices here (RFC 5802 §6).
        flag = f"p={bound.kind}" if bound else "y" if binding and not plus_offered else "n"
        self._gs2 = flag.encode("ascii") + b",,"
        self._bound = bound.data if bound else b""
        self._signature = b""
        self._proved = False
        self._binding_unknown = False

    @property
    def first(self) -> bytes:
        """What the client begins with."""
        return self._gs2 + self._bare

    @property
    def may_try_another(self) -> bool:
        """Whether a refusal says nothing of the password: no proof of it was sent."""
        return not self._signature or self._binding_unknown

    def answer(self, challenge: bytes, /) -> bytes:
        """Return the answer to a challenge; raises CertificateError where the dialogue is not to go on."""
        if error := _ERROR.match(challenge):
            return self._refused(safe_text(error[1].decode("utf-8", "replace"), 100))
        if not self._signature:
            return self._proof(challenge)
        if not self._proved and (final := _SERVER_FINAL.fullmatch(challenge)):
            self._proved = hmac.compare_digest(self._decoded(final[1]), self._signature)
        if not self._proved:
            raise self._tampered("does not prove that it knows the password")
        return b""

    def accepted(self) -> None:
        """Take the server's OK; raises CertificateError where it proved nothing."""
        if not self._proved:
            raise self._tampered("says OK without a proof that it knows the password")

    def _proof(self, challenge: bytes) -> bytes:
        found = _SERVER_FIRST.fullmatch(challenge)
        if found is None:
            raise self._tampered("answers something else than SCRAM says")
        nonce, salt, rounds = found[1], self._decoded(found[2]), int(found[3])
        if len(nonce) <= len(self._nonce) or not hmac.compare_digest(nonce[: len(self._nonce)], self._nonce):
            raise self._tampered("answers another sign-in than ours")
        if rounds > ROUNDS_LIMIT:
            raise self._tampered(f"asks for {rounds:,} rounds of work")
        bare = b"c=%b,r=%b" % (b64encode(self._gs2 + self._bound), nonce)
        said = b",".join((self._bare, challenge, bare))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        key = _hmac(salted, b"Client Key")
        masked = _hmac(hashlib.sha256(key).digest(), said)
        self._signature = _hmac(_hmac(salted, b"Server Key"), said)
        proof = bytes(one ^ other for one, other in zip(key, masked, strict=True))
        return b"%b,p=%b" % (bare, b64encode(proof))

    def _refused(self, word: str) -> bytes:
        if word in _BINDING_BROKEN:
            raise self._tampered(f"sees another connection than we do ({word})")
        self._binding_unknown = word in _BINDING_UNKNOWN
        self.refusal = word
        return b""

    def _decoded(self, text: bytes) -> bytes:
        try:
            return b64decode(text, validate=True)
        except binascii.Error:
            raise self._tampered("answers something else than SCRAM says") from None

    def _tampered(self, what: str) -> CertificateError:
        return CertificateError(
            f"{self._where} {what}: the sign-in may be tampered with",
            hint="The password was not told. Try another network, then ask who runs the server",
        )


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
