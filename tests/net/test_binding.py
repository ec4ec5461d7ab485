"""The binding to a server's certificate, against another reader of certificates."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.net.binding import Binding, end_point

NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x" * 64)])
RSA = rsa.generate_private_key(65537, 2048)


def certificate(key: object, algorithm: hashes.HashAlgorithm | None, pss: bool = False) -> bytes:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    how = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH) if pss and algorithm else None
    return builder.sign(key, algorithm, rsa_padding=how).public_bytes(  # type: ignore[arg-type]
        serialization.Encoding.DER
    )


@pytest.mark.parametrize("algorithm", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512(), hashes.SHA224()])
@pytest.mark.parametrize("kind", ["rsa", "pss", "ec"])
def test_the_hash_is_that_of_the_certificates_own_signature(
    kind: str, algorithm: hashes.HashAlgorithm
) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else RSA
    der = certificate(key, algorithm, kind == "pss")
    expected = hashlib.new(algorithm.name, der).digest()
    assert end_point(der) == Binding("tls-server-end-point", expected)


def test_a_signature_without_a_hash_binds_nothing() -> None:
    assert end_point(certificate(ed25519.Ed25519PrivateKey.generate(), None)) is None


SOUND = certificate(RSA, hashes.SHA256())


@given(st.integers(0, len(SOUND)), st.integers(0, 255), st.booleans())
def test_a_damaged_certificate_binds_something_or_nothing(place: int, octet: int, cut: bool) -> None:
    damaged = SOUND[:place] if cut else SOUND[:place] + bytes((octet,)) + SOUND[place + 1 :]
    assert end_point(damaged) is None or end_point(damaged) != end_point(SOUND) or damaged == SOUND
