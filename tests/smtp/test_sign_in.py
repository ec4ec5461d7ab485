"""Signing in by each mechanism, to real servers where they have it; and what is never done."""

import asyncio
import base64
import re
from collections.abc import Iterator

import pytest

from tests.servers.dovecot import PASSWORD as PASSWORD_THERE
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_program import version
from tests.servers.lies import edited, instead
from tests.servers.lying_smtp import PASSWORD, TOKEN, LyingSmtp
from tests.servers.mailbox import Mailbox
from tests.servers.postfix import Postfix
from tests.servers.tokens import TokenOffice
from tui_mail.model.account import Security, Token
from tui_mail.model.errors import CertificateError, MailError, ProtocolError, ServerBusy, SignInRefused
from tui_mail.smtp.session import Session


@pytest.fixture(scope="module")
def office() -> Iterator[TokenOffice]:
    with TokenOffice() as office:
        yield office


@pytest.fixture(scope="module")
def every_way(postfix: Postfix, office: TokenOffice) -> Iterator[Postfix]:  # it tells whether one may run
    """A Postfix whose Dovecot takes SCRAM and access tokens beside plain passwords."""
    if version() >= (2, 4):
        pytest.skip("access tokens are configured for Dovecot 2.3 only")
    with (
        Dovecot(
            mechanisms="plain login cram-md5 scram-sha-256 xoauth2 oauthbearer", introspection_url=office.url
        ) as dovecot,
        Postfix(dovecot) as server,
    ):
        dovecot.add_user("ada")
        dovecot.add_user("hashed", hashed=True)
        yield server


def mechanism(server: Postfix, user: str, secret: str, security: Security = Security.TLS) -> str:
    account = Mailbox(server.dovecot, user, secret).account()
    with Session(account, server.server(security), secret, told=lambda *_: None) as session:
        session.open()
        return session.mechanism


@pytest.mark.parametrize("security", Security)
def test_the_password_is_shown_to_nobody_where_scram_is_offered(
    every_way: Postfix, security: Security
) -> None:
    assert mechanism(every_way, "ada", PASSWORD_THERE, security) == "SCRAM-SHA-256"


def test_a_server_that_cannot_use_its_scram_for_a_user_gets_the_password_under_tls(
    every_way: Postfix,
) -> None:
    assert mechanism(every_way, "hashed", PASSWORD_THERE) == "PLAIN"


def test_a_wrong_password_is_tried_once(every_way: Postfix) -> None:
    seen = every_way.log().count("authentication failed")
    with pytest.raises(SignInRefused):
        mechanism(every_way, "ada", "wrong")
    assert every_way.log().count("authentication failed") == seen + 1


def test_a_token_signs_in_and_another_is_refused(every_way: Postfix, office: TokenOffice) -> None:
    office.tokens["good-token"] = "ada"
    assert mechanism(every_way, "ada", Token("good-token")) == "OAUTHBEARER"
    with pytest.raises(SignInRefused, match="refused the access token") as refused:
        mechanism(every_way, "ada", Token("stale-token"))
    assert "stale-token" not in str(refused.value)


async def tried(server: LyingSmtp, secret: str) -> str | MailError:
    """Sign in once: the mechanism, or what went wrong."""

    def story() -> str | MailError:
        with Session(server.account(), server.server, secret, told=lambda *_: None) as session:
            try:
                session.open()
            except MailError as error:
                return error
            return session.mechanism

    async with server:
        return await asyncio.to_thread(story)


def asked(server: LyingSmtp) -> list[bytes]:
    """The mechanisms that were tried, in order."""
    return re.findall(rb"^AUTH (\S+)", server.transcript.heard(), re.MULTILINE)


@pytest.mark.parametrize(
    ("offered", "secret", "taken"),
    [
        ("CRAM-MD5 LOGIN PLAIN SCRAM-SHA-256", PASSWORD, "SCRAM-SHA-256"),
        ("CRAM-MD5 LOGIN PLAIN", PASSWORD, "PLAIN"),
        ("CRAM-MD5 LOGIN", PASSWORD, "LOGIN"),
        ("login", PASSWORD, "LOGIN"),
        ("PLAIN XOAUTH2", Token(TOKEN), "XOAUTH2"),
        ("PLAIN XOAUTH2 OAUTHBEARER", Token(TOKEN), "OAUTHBEARER"),
    ],
)
async def test_the_best_that_suits_is_taken(offered: str, secret: str, taken: str) -> None:
    server = LyingSmtp(mechanisms=offered)
    assert await tried(server, secret) == taken
    assert asked(server) == [taken.encode()]


@pytest.mark.parametrize(
    ("offered", "secret"),
    [("CRAM-MD5", PASSWORD), ("PLAIN LOGIN", Token(TOKEN)), ("XOAUTH2", PASSWORD), ("X-OTHER", PASSWORD)],
)
async def test_what_does_not_suit_is_not_tried(offered: str, secret: str) -> None:
    server = LyingSmtp(mechanisms=offered)
    error = await tried(server, secret)
    assert "no way to sign in" in str(error)
    assert asked(server) == []


async def test_a_long_token_waits_until_it_is_asked_for() -> None:
    server = LyingSmtp(mechanisms="XOAUTH2")
    error = await tried(server, Token("t" * 2_000))
    assert isinstance(error, SignInRefused)
    assert b"\r\nAUTH XOAUTH2\r\n" in server.transcript.heard()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"454 4.7.0 try later\r\n", ServerBusy),
        (b"535 5.7.8 no\r\n", SignInRefused),
        (b"534 5.7.9 an app password is needed\r\n", SignInRefused),
    ],
)
async def test_one_refusal_is_enough(said: bytes, kind: type[MailError]) -> None:
    server = LyingSmtp(instead(rb"^AUTH", said, times=None))
    error = await tried(server, PASSWORD)
    assert type(error) is kind
    assert said.split(b" ", 2)[2].strip().decode() in str(error)
    assert asked(server) == [b"PLAIN"]


async def test_a_server_that_repeats_the_secret_is_not_quoted() -> None:
    word = base64.b64encode(f"\0bob@example.org\0{PASSWORD}".encode())
    server = LyingSmtp(instead(rb"^AUTH", b"535 5.7.8 no: " + word + b" " + PASSWORD.encode() + b"\r\n"))
    error = await tried(server, PASSWORD)
    assert isinstance(error, SignInRefused)
    assert "no: ••• •••" in str(error)
    told = f"{error!r} {error.sentence_of_server}"
    assert PASSWORD not in told
    assert word.decode() not in told


async def test_a_server_that_asks_on_and_on_is_left() -> None:
    server = LyingSmtp(
        instead(rb"^AUTH", b"334 \r\n"),
        instead(rb"^[A-Za-z0-9+/=]*$", b"334 \r\n", times=None),
        mechanisms="LOGIN",
    )
    assert isinstance(await tried(server, PASSWORD), ProtocolError)


async def test_a_server_that_wants_too_much_work_or_proves_nothing_is_left() -> None:
    bomb = LyingSmtp(mechanisms="SCRAM-SHA-256 PLAIN", rounds=1)
    bomb.edits.append((rb"(?<=^334 )cj[^\r]*", base64.b64encode(b"r=x,s=QQ==,i=4294967295")))
    unproved = LyingSmtp(instead(rb"^AUTH", b"235 2.7.0 welcome\r\n"), mechanisms="SCRAM-SHA-256 PLAIN")
    for server in (bomb, unproved):
        assert isinstance(await tried(server, PASSWORD), CertificateError)
        assert asked(server) == [b"SCRAM-SHA-256"]


async def test_a_sign_in_that_is_no_longer_offered_is_said_in_words() -> None:
    server = LyingSmtp(edited(rb"^EHLO", (rb"AUTH [^\r]*", b"AUTH")))
    assert await tried(server, PASSWORD) == ""  # this machine's own server, which asks nobody
