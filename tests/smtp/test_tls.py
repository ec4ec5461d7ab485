"""Whoever sits on the line learns no secret: by no certificate, by taking TLS away, or by talking into it."""

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report import Report
from tests.servers.authority import Showing, certificates
from tests.servers.lies import Hang, Pause, Rule, Say, StartTls, edited, instead
from tests.servers.lying_smtp import ADDRESS, PASSWORD, LyingSmtp
from tui_mail.model.account import Security
from tui_mail.model.errors import CertificateError, MailError
from tui_mail.smtp.line import Limits
from tui_mail.smtp.session import Session

TITLE = "TLS on the way to SMTP"
HASTY = Limits(connect=2, wall=0.5, commit=0.7, farewell=0.3)
SECRETS = (
    PASSWORD.encode(),
    base64.b64encode(f"\0{ADDRESS}\0{PASSWORD}".encode()),
    base64.b64encode(PASSWORD.encode()),
)
WORDS = (b"AUTH", b"MAIL", ADDRESS.encode(), base64.b64encode(ADDRESS.encode()))
"""What has no business on an open line either."""
NAMES = (
    "valid",
    "self-signed",
    "unknown issuer",
    "wrong name",
    "name only in CN",
    "expired",
    "not yet valid",
    "changed",
)
AGAIN = pytest.mark.parametrize("again", [False, True], ids=["first", "reconnect"])


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Showing]:
    return certificates(tmp_path_factory.mktemp("certificates"))


async def signed_in(server: LyingSmtp, trusts: Path) -> MailError | None:
    """Connect and sign in once; what went wrong."""

    def story() -> MailError | None:
        account = replace(server.account(), ca_file=trusts)
        with Session(account, server.server, PASSWORD, told=lambda *_: None, limits=HASTY) as session:
            try:
                session.open()
            except MailError as error:
                return error
        return None

    return await asyncio.to_thread(story)


def tell(report: Report, server: LyingSmtp, **figures: int) -> None:
    """Count a case and the secrets that were said in clear; there are none, nor any word of signing in."""
    clear = server.transcript.heard(tls=False)
    found = sum(clear.count(secret) for secret in SECRETS)
    report.count(TITLE, cases=1, secrets_in_clear=found, **figures)
    assert not any(word in clear for word in (*SECRETS, *WORDS))


@AGAIN
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("name", NAMES)
async def test_only_a_good_certificate_is_taken(
    name: str, security: Security, again: bool, shown: dict[str, Showing], report: Report
) -> None:
    assert set(NAMES) == set(shown)
    showing = shown[name]
    good = shown["self-signed"] if name == "changed" else shown["valid"]
    async with LyingSmtp(security=security) as server:
        if again:
            server.certificate = good.certificate
            assert await signed_in(server, showing.trusts) is None
        server.certificate = showing.certificate
        error = await signed_in(server, showing.trusts)
        said = server.transcript.heard(tls=True, connection=int(again))
        bad = name != "valid"
        tell(report, server, bad_certificates=bad, bad_certificates_accepted=bad and bool(said))
        if bad:
            assert isinstance(error, CertificateError)
            assert f"The certificate of 127.0.0.1:{server.port} " in str(error)
            assert showing.words in str(error)
            assert said == b""
        else:
            assert error is None
            assert any(secret in said for secret in SECRETS)


STARTTLS = rb"^STARTTLS"
STRIPPED = {
    "absent": (edited(rb"^EHLO", (rb"250-([^\r]*)\r\n250 STARTTLS", rb"250 \1"), times=None),),
    "a 4xx": (instead(STARTTLS, b"454 4.7.0 not today\r\n", times=None),),
    "a 5xx": (instead(STARTTLS, b"502 5.5.1 what\r\n", times=None),),
    "silence": (Rule(STARTTLS, (Hang(),), None),),
    "an early yes": (
        edited(rb"^EHLO", (rb"250 STARTTLS\r\n", b"250 STARTTLS\r\n220 go on\r\n"), times=None),
    ),
    "a yes and no TLS": (instead(STARTTLS, b"220 go on\r\n", Hang(), times=None),),
}


@AGAIN
@pytest.mark.parametrize("how", STRIPPED)
async def test_a_line_without_its_tls_is_not_used(
    how: str, again: bool, shown: dict[str, Showing], report: Report
) -> None:
    rules = STRIPPED[how]
    async with LyingSmtp(security=Security.STARTTLS) as server:
        server.certificate = shown["valid"].certificate
        if again:
            assert await signed_in(server, shown["valid"].trusts) is None
        server.rules += rules
        error = await signed_in(server, shown["valid"].trusts)
        assert error is not None
        assert f"127.0.0.1:{server.port}" in str(error)
        assert any(
            word in str(error) for word in ("STARTTLS", "start TLS", "not answer", "more than it was asked")
        )
        assert sum(server.fired[rule] for rule in rules) == 1
        tell(report, server)


INJECTED = (
    b"250 liar.example.org\r\n",
    b"250-liar\r\n250 AUTH PLAIN LOGIN\r\n",
    b"250-li",
    b"235 2.7.0 welcome\r\n",
    b"220 \r\n",
    b"421 bye\r\n",
)


@pytest.mark.parametrize("apart", [False, True], ids=["same segment", "next segment"])
@pytest.mark.parametrize("octets", INJECTED)
async def test_what_is_said_behind_the_starttls_reply_ends_the_line(
    octets: bytes, apart: bool, shown: dict[str, Showing], report: Report
) -> None:
    reply = b"220 go on\r\n"
    said = (Say(reply), Pause(0.01), Say(octets)) if apart else (Say(reply + octets),)
    rule = Rule(STARTTLS, (*said, StartTls()))
    async with LyingSmtp(rule, security=Security.STARTTLS) as server:
        server.certificate = shown["valid"].certificate
        error = await signed_in(server, shown["valid"].trusts)
        assert error is not None
        if not apart:  # later it reaches TLS itself, which takes it for no handshake
            assert "tampered" in str(error)
        assert server.transcript.heard(tls=True) == b""
        assert server.fired[rule] == 1
        tell(report, server)


async def test_what_was_offered_in_clear_is_forgotten(shown: dict[str, Showing]) -> None:
    lie = (rb"250-SIZE[^\r]*", b"250-SIZE 5\r\n250-XCLEAR")
    rule = Rule(rb"^EHLO", edited(rb"", lie).do, tls=False)
    async with LyingSmtp(rule, security=Security.STARTTLS) as server:
        server.certificate = shown["valid"].certificate

        def story() -> tuple[int | None, tuple[str, ...]]:
            account = replace(server.account(), ca_file=shown["valid"].trusts)
            with Session(account, server.server, PASSWORD, told=lambda *_: None) as session:
                session.open()
                return session.size_limit, session.extensions

        size, offered = await asyncio.to_thread(story)
    assert server.fired[rule] == 1
    assert size == 10_000_000
    assert "XCLEAR" not in offered
