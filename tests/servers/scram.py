"""The server's half of SCRAM-SHA-256 (RFC 5802), honest but for what a test changes."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import dataclass


@dataclass
class ScramServer:
    """One sign-in as the server sees it."""

    password: bytes
    binding: bytes | None = None
    """What the server knows of its TLS connection; None = it offers no -PLUS."""
    salt: bytes = b"0123456789abcdef"
    rounds: int = 4096
    nonce: bytes = b"of-the-server"
    header: bytes = b""
    """What the client said before its name, such as b"p=tls-unique,,"."""
    bare: bytes = b""
    first: bytes = b""

    def answer(self, client_first: bytes) -> bytes:
        """Return the server's first message."""
        flag, authzid, self.bare = client_first.split(b",", 2)
        self.header = flag + b"," + authzid + b","
        nonce = self.bare.split(b",r=")[1] + self.nonce
        self.first = b"r=%b,s=%b,i=%d" % (nonce, b64encode(self.salt), self.rounds)
        return self.first

    def judge(self, client_final: bytes) -> bytes:
        """Return the server's last message: its proof, or an error."""
        bare, _, proof = client_final.rpartition(b",p=")
        bound = b64decode(bare.split(b",")[0].removeprefix(b"c="))
        if self.header.startswith(b"y") and self.binding is not None:
            return b"e=server-does-support-channel-binding"
        if bound != self.header + ((self.binding or b"") if self.header.startswith(b"p") else b""):
            return b"e=channel-bindings-dont-match"
        said = b",".join((self.bare, self.first, bare))
        salted = hashlib.pbkdf2_hmac("sha256", self.password, self.salt, self.rounds)
        stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
        signature = hmac.digest(stored, said, "sha256")
        key = bytes(a ^ b for a, b in zip(b64decode(proof), signature, strict=True))
        if hashlib.sha256(key).digest() != stored:
            return b"e=invalid-proof"
        return b"v=" + b64encode(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256"))
