"""Whoever sits on the line learns no secret: by no certificate, by taking TLS away, or by talking into it.

The whole engine connects to a server that attacks, for the first time and once it knows the account. What the
server heard in clear is searched for the password, and the person reads what the cause was.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from tests.engine.conftest import LIMIT, letter
from tests.report import Report
from tests.servers.authority import Showing, certificates
from tests.servers.lies import Close, Hang, Moment, Pause, Rule, Say, StartTls, edited, instead
from tests.servers.lying import ADDRESS, PASSWORD, LyingServer
from tui_mail.config.paths import Home
from tui_mail.config.secrets import Given
from tui_mail.engine import Engine
from tui_mail.imap.command import Limits
from tui_mail.model.account import Security
from tui_mail.sync import signin

TITLE = "TLS on the way to IMAP"
HASTY = Limits(connect=2, silence=0.4, wall=5, farewell=0.4)
SECRETS = (
    PASSWORD.encode(),
    base64.b64encode(f"\0{ADDRESS}\0{PASSWORD}".encode()),
    base64.b64encode(PASSWORD.encode()),
)
WORDS = (b"LOGIN", b"AUTHENTICATE", ADDRESS.encode())
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
FIRST, AGAIN = False, True


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Showing]:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "LIMITS", HASTY)


@dataclass(frozen=True, slots=True)
class Way:
    """An engine on its way to a server."""

    engine: Engine
    server: LyingServer

    async def error(self) -> str | None:
        """Sync once; what a person reads of it."""
        async with asyncio.timeout(LIMIT):
            (report,) = await self.engine.sync_once()
        return report.error


@asynccontextmanager
async def way(server: LyingServer, home: Home, trusted: Showing) -> AsyncIterator[Way]:
    async with server:
        server.deliver(letter("Behind TLS"))
        account = replace(server.account(), ca_file=trusted.trusts)
        engine = await Engine.start(home, [account], Given({account.key: PASSWORD}), workers=False)
        try:
            yield Way(engine, server)
        finally:
            await engine.stop()


def secrets_in(octets: bytes) -> int:
    return sum(octets.count(secret) for secret in SECRETS)


def tell(report: Report, server: LyingServer, **figures: int) -> None:
    """Count a case and the secrets that were said in clear; there are none, nor any word of signing in."""
    clear = server.transcript.heard(tls=False)
    report.count(TITLE, cases=1, secrets_in_clear=secrets_in(clear), **figures)
    assert not any(word in clear for word in (*SECRETS, *WORDS))


@pytest.mark.parametrize("again", [FIRST, AGAIN], ids=["first", "reconnect"])
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("name", NAMES)
async def test_only_a_good_certificate_is_taken(
    name: str, security: Security, again: bool, shown: dict[str, Showing], home: Home, report: Report
) -> None:
    assert set(NAMES) == set(shown)
    showing = shown[name]
    good = shown["self-signed"] if name == "changed" else shown["valid"]
    async with way(LyingServer(security=security), home, showing) as there:
        if again:
            there.server.certificate = good.certificate
            assert await there.error() is None
        there.server.certificate = showing.certificate
        error = await there.error()
        said = there.server.transcript.heard(tls=True, connection=int(again))
        bad = name != "valid"
        tell(
            report,
            there.server,
            bad_certificates=int(bad),
            bad_certificates_accepted=int(bad and bool(said)),
        )
        if bad:
            assert error is not None
            assert f"The certificate of 127.0.0.1:{there.server.port} " in error
            assert showing.words in error
            assert said == b""
        else:
            assert error is None
            assert secrets_in(said) == 1


STARTTLS = rb"^STARTTLS"
STRIPPED = {
    "absent": (edited(Moment.GREETING, (rb" STARTTLS", b""), times=None),),
    "NO": (instead(STARTTLS, b"{tag} NO not today\r\n", times=None),),
    "BAD": (instead(STARTTLS, b"{tag} BAD what\r\n", times=None),),
    "silence": (Rule(STARTTLS, (Hang(),), None),),
    "an early OK": (edited(Moment.GREETING, (rb"\r\n\Z", b"\r\nt1 OK begin\r\n"), times=None),),
    "an OK and no TLS": (instead(STARTTLS, b"{tag} OK begin\r\n", Hang(), times=None),),
}


@pytest.mark.parametrize("again", [FIRST, AGAIN], ids=["first", "reconnect"])
@pytest.mark.parametrize("how", STRIPPED)
async def test_a_line_without_its_tls_is_not_used(
    how: str, again: bool, shown: dict[str, Showing], home: Home, report: Report
) -> None:
    rules = STRIPPED[how]
    server = LyingServer(security=Security.STARTTLS, certificate=shown["valid"].certificate)
    async with way(server, home, shown["valid"]) as there:
        if again:
            assert await there.error() is None
        server.rules += rules
        error = await there.error()
        assert error is not None
        assert f"127.0.0.1:{server.port}" in error
        assert any(word in error for word in ("STARTTLS", "start TLS", "silent", "not IMAP", "not answer"))
        assert sum(server.fired[rule] for rule in rules) == 1
        tell(report, server)


INJECTED = (
    b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
    b"* OK [ALERT] call me\r\n",
    b"* 1 EXI",
    b"t2 OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] done\r\n",
    b"* PREAUTH hello\r\n",
    b"* BYE\r\n",
)


@pytest.mark.parametrize("apart", [False, True], ids=["same segment", "next segment"])
@pytest.mark.parametrize("octets", INJECTED)
async def test_what_is_said_behind_the_starttls_reply_ends_the_line(
    octets: bytes, apart: bool, shown: dict[str, Showing], home: Home, report: Report
) -> None:
    reply = b"{tag} OK begin\r\n"
    said = (Say(reply), Pause(0.01), Say(octets)) if apart else (Say(reply + octets),)
    rule = Rule(STARTTLS, (*said, StartTls()))
    server = LyingServer(rule, security=Security.STARTTLS, certificate=shown["valid"].certificate)
    async with way(server, home, shown["valid"]) as there:
        error = await there.error()
        assert error is not None
        if not apart:  # later it reaches TLS itself, which takes it for no handshake
            assert "tampered" in error
        assert server.transcript.heard(tls=True) == b""
        assert server.fired[rule] == 1
        tell(report, server)


PREAUTH = instead(Moment.GREETING, b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] come in\r\n", times=None)
BYE = instead(Moment.GREETING, b"* BYE come back\r\n", Close())
PREAUTHS: dict[str, tuple[Security, tuple[Rule, ...] | None]] = {
    "before TLS": (Security.STARTTLS, None),
    "within TLS": (Security.TLS, None),
    "at the second visit": (Security.STARTTLS, ()),
    "after a BYE": (Security.STARTTLS, (BYE,)),
}
"""How the line is protected, and what the server does at a visit before; None: there was none."""


@pytest.mark.parametrize("how", PREAUTHS)
async def test_nobody_is_signed_in_by_the_other_side(
    how: str, shown: dict[str, Showing], home: Home, report: Report
) -> None:
    security, before = PREAUTHS[how]
    server = LyingServer(security=security, certificate=shown["valid"].certificate)
    async with way(server, home, shown["valid"]) as there:
        if before is not None:
            server.rules += before
            await there.error()
        known = secrets_in(server.transcript.heard())
        server.rules.append(PREAUTH)
        error = await there.error()
        assert error is not None
        if security is Security.STARTTLS:
            assert "signed in before TLS" in error
        assert server.fired[PREAUTH] == 1
        assert secrets_in(server.transcript.heard()) == known
        tell(report, server)


OFFERS = rb"(?<=IMAP4rev1 )([^\]\r\n]*)"
SIGN_INS = {
    "nothing that is known": (b"LOGINDISABLED AUTH=X-OTHER", (), 0),
    "nothing at all": (b"LOGINDISABLED", (), 0),
    "PLAIN, and refuses": (
        b"AUTH=PLAIN AUTH=LOGIN SASL-IR",
        (instead(rb"^(AUTH|LOGIN)", b"{tag} NO no\r\n", times=None),),
        1,
    ),
}


@pytest.mark.parametrize("how", SIGN_INS)
async def test_a_sign_in_is_tried_once_by_the_best_way_and_by_no_worse(
    how: str, shown: dict[str, Showing], home: Home, report: Report
) -> None:
    offers, rules, tries = SIGN_INS[how]
    server = LyingServer(*rules, security=Security.TLS, certificate=shown["valid"].certificate)
    server.edits.append((OFFERS, offers))
    async with way(server, home, shown["valid"]) as there:
        assert await there.error() is not None
        heard = server.transcript.heard()
        assert sum(heard.count(word) for word in (b" LOGIN ", b" AUTHENTICATE ")) == tries
        assert secrets_in(heard) == tries
        tell(report, server)
