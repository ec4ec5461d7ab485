"""What ties a sign-in to the TLS connection that carries it (channel bindings, RFC 5929, 9266)."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import new

from tui_mail.model.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that both ends of one TLS connection know, and nobody between them."""

    kind: str
    """Its registered name, such as "tls-unique"."""
    data: bytes


END_POINT = "tls-server-end-point"

_SEQUENCE, _OBJECT, _CONTEXT_0 = 0x30, 0x06, 0xA0
_PSS = bytes.fromhex("2a864886f70d01010a")
_HASHES = {
    # RSA: md5, sha1, sha256, sha384, sha512, sha224 (RFC 8017); RFC 5929 puts SHA-256 for the first two
    "2a864886f70d010104": "sha256",
    "2a864886f70d010105": "sha256",
    "2a864886f70d01010b": "sha256",
    "2a864886f70d01010c": "sha384",
    "2a864886f70d01010d": "sha512",
    "2a864886f70d01010e": "sha224",
    # ECDSA: sha1, sha224, sha256, sha384, sha512 (RFC 5758)
    "2a8648ce3d0401": "sha256",
    "2a8648ce3d040301": "sha224",
    "2a8648ce3d040302": "sha256",
    "2a8648ce3d040303": "sha384",
    "2a8648ce3d040304": "sha512",
    # hashes by themselves, as parameters of RSASSA-PSS (RFC 4055)
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
    "608648016503040204": "sha224",
}


def end_point(certificate: bytes) -> Binding | None:
    """Return the binding to the server's certificate (DER); None where its signature defines no hash.

    The hash is that of the certificate's own signature (RFC 5929 §4.1); Ed25519 has none.
    """
    try:
        _, body = next(_values(certificate))
        _, (_, algorithm), *_ = _values(body)
        (kind, identifier), *parameters = _values(algorithm)
        if kind == _OBJECT and identifier == _PSS:
            identifier = _hash_of_pss(parameters[0][1]) if parameters else b""
    except (ProtocolError, ValueError, StopIteration, IndexError):
        return None
    name = _HASHES.get(identifier.hex())
    return Binding(END_POINT, new(name, certificate).digest()) if name else None


def _hash_of_pss(parameters: bytes) -> bytes:
    for kind, value in _values(parameters):
        if kind == _CONTEXT_0:
            (_, algorithm), *_ = _values(value)
            (_, identifier), *_ = _values(algorithm)
            return identifier
    return bytes.fromhex("2a864886f70d010105")  # the default is SHA-1 (RFC 4055 §3.1)


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut DER into its values: type and content of each."""
    position = 0
    while position < len(data):
        kind, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[position : position + octets], "big")
            position += octets
        if position + length > len(data):
            raise ProtocolError("a certificate is cut short")
        yield kind, data[position : position + length]
        position += length
