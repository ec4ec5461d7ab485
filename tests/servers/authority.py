"""A throw-away certificate authority: trusted by nobody but the test that made it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1", "127.0.0.2")
LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key as files in PEM."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class Showing:
    """A certificate that a server shows, and whom its client trusts."""

    certificate: Certificate
    trusts: Path
    """The authorities that the client was told of."""
    words: str
    """What a person reads when it is refused; empty for the one that is good."""


def certificates(folder: Path, host: str = "127.0.0.1") -> dict[str, Showing]:
    """The eight certificates that a client has to tell apart: one good, seven bad."""
    ours, unknown = (Authority(_made(folder / name)) for name in ("ours", "unknown"))
    now, trusts = datetime.now(UTC), ours.ca_file
    own = ours.issue("own", self_signed=True)
    return {
        "valid": Showing(ours.issue("valid"), trusts, ""),
        "self-signed": Showing(own, trusts, "self-signed"),
        "unknown issuer": Showing(unknown.issue("stranger"), trusts, "issuer this machine does not know"),
        "wrong name": Showing(ours.issue("elsewhere", ["elsewhere.example"]), trusts, "made out to another"),
        "name only in CN": Showing(ours.issue(host, ()), trusts, "made out to another"),
        "expired": Showing(ours.issue("old", until=now - timedelta(days=1)), trusts, "has expired"),
        "not yet valid": Showing(
            ours.issue("young", since=now + timedelta(days=1)), trusts, "is not yet valid"
        ),
        # The user trusts the server's own certificate, and it is another one now.
        "changed": Showing(ours.issue("other", self_signed=True), own.cert_file, "self-signed"),
    }


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


class Authority:
    """Issues certificates into a folder; whoever trusts `ca_file` trusts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("Throw-away authority of a test")
        self.ca_file = folder / "ca.pem"
        certificate = (
            _draft(self._name, self._name, self._key.public_key(), datetime.now(UTC) + LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_ca_usage(), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.ca_file.write_bytes(_pem(certificate))

    def issue(
        self,
        name: str,
        hosts: Sequence[str] = LOOPBACK,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        self_signed: bool = False,
    ) -> Certificate:
        """Make `name`.pem and `name`.key for these hosts, or for the common name alone where there are none.

        `until` in the past gives one that has expired, `since` in the future one that is not yet valid.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _common_name(name)
        issuer, signer = (subject, key) if self_signed else (self._name, self._key)
        draft = (
            _draft(subject, issuer, key.public_key(), until or datetime.now(UTC) + LIFE, since)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
        if hosts:
            draft = draft.add_extension(_names(hosts), critical=False)
        certificate = draft.sign(signer, hashes.SHA256())
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        made.cert_file.write_bytes(_pem(certificate))
        made.key_file.touch(mode=0o600)
        made.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    until: datetime,
    since: datetime | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since or min(datetime.now(UTC), until) - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
