"""Signing in to a real Dovecot by every mechanism it has, and what is said when something smells."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from tests.imap.conftest import HASTY, PATIENT, Serve, Talk
from tests.servers.authority import Authority
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.dovecot_program import version, why_missing
from tests.servers.faults import Direction
from tests.servers.proxy import FaultProxy
from tests.servers.scram import ScramServer
from tests.servers.tokens import TokenOffice
from tui_mail.imap.session import Session
from tui_mail.model.account import Account, Security, Server, Token
from tui_mail.model.errors import (
    CertificateError,
    MailError,
    ProtocolError,
    ServerRefused,
    SignInRefused,
)
from tui_mail.net.tls import client_context
from tui_mail.sync.signin import open_session

SECRET = "correct horse"


@pytest.fixture(autouse=True)
async def _closed_lines() -> AsyncIterator[None]:
    """Let the loop close what a test aborted."""
    yield
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def office() -> Iterator[TokenOffice]:
    with TokenOffice() as office:
        yield office


@pytest.fixture(scope="module")
def every_way(office: TokenOffice) -> Iterator[Dovecot]:
    """A Dovecot that takes SCRAM and access tokens beside plain passwords."""
    if reason := why_missing():
        pytest.skip(reason)
    if version() >= (2, 4):
        pytest.skip("access tokens are configured for Dovecot 2.3 only")
    with Dovecot(
        mechanisms="plain login scram-sha-256 xoauth2 oauthbearer", introspection_url=office.url
    ) as server:
        server.add_user("ada")
        server.add_user("hashed", hashed=True)
        yield server


def at(dovecot: Dovecot) -> Server:
    return Server(dovecot.host, dovecot.imap_tls)


@pytest.fixture
async def overheard(every_way: Dovecot) -> AsyncIterator[FaultProxy]:
    """That Dovecot, without TLS, with a witness on the line."""
    async with FaultProxy(every_way.imap_plain) as proxy:
        yield proxy


async def met(proxy: FaultProxy) -> Session:
    return await Session.connect(Server("127.0.0.1", proxy.port, Security.NONE), None)


def said(proxy: FaultProxy) -> bytes:
    """All that clients said."""
    return b"".join(bytes(record.arrived[Direction.UP]) for record in proxy.records)


def tells(spoken: bytes, secret: str) -> bool:
    """Whether a secret was said, as it is or in base64."""
    found = spoken
    for word in spoken.split():
        try:
            found += b" " + base64.b64decode(word)
        except ValueError:
            continue
    return secret.encode() in found


async def test_a_real_server_is_signed_in_to_by_scram(overheard: FaultProxy) -> None:
    session = await met(overheard)
    await session.sign_in("ada", PASSWORD)
    assert (await session.select(b"INBOX")).exists == 0
    assert session.mechanism == "SCRAM-SHA-256"
    assert b"AUTHENTICATE SCRAM-SHA-256 " in said(overheard)
    assert not tells(said(overheard), PASSWORD)
    session.abort()


async def test_a_wrong_password_by_scram_is_refused_and_tried_in_no_other_way(
    overheard: FaultProxy,
) -> None:
    session = await met(overheard)
    with pytest.raises(SignInRefused, match="refused user name or password"):
        await session.sign_in("ada", "wrong horse")
    assert said(overheard).count(b"AUTHENTICATE") == 1
    assert not tells(said(overheard), "wrong horse")
    await session.sign_in("ada", PASSWORD)  # the same line serves for a second try
    session.abort()


async def test_a_password_that_the_server_holds_in_another_form_goes_the_plain_way(
    overheard: FaultProxy,
) -> None:
    session = await met(overheard)
    await session.sign_in("hashed", PASSWORD)
    assert [line.split()[2] for line in said(overheard).split(b"\r\n") if b"AUTHENTICATE" in line] == [
        b"SCRAM-SHA-256",
        b"PLAIN",
    ]
    session.abort()


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_real_server_takes_a_token(
    overheard: FaultProxy, office: TokenOffice, mechanism: str, at_once: bool
) -> None:
    office.tokens["tok-good"] = "ada"
    for token in ("tok-good", "tok-bad"):
        session = await met(overheard)
        other = {"AUTH=OAUTHBEARER", "AUTH=XOAUTH2"} - {f"AUTH={mechanism}"}
        session.capabilities -= other | (set() if at_once else {"SASL-IR"})
        if token == "tok-good":
            await session.sign_in("ada", Token(token))
            await session.noop()
        else:
            with pytest.raises(SignInRefused, match="refused the access token") as caught:
                await session.sign_in("ada", Token(token))
            assert token not in str(caught.value)
        assert f"AUTHENTICATE {mechanism}".encode() in said(overheard)
        session.abort()
    assert {"tok-good", "tok-bad"} <= set(office.asked)


async def test_a_token_is_never_sent_as_a_password(serve: Serve, talks: list[Talk]) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256] hi\r\n")
        await talk.hangs()

    session = await Session.connect(await serve(script), None, HASTY)
    with pytest.raises(ServerRefused, match="with an access token"):
        await session.sign_in("bob", Token("abc"))
    session.abort()
    assert talks[0].heard == b""


class Tokens:
    """Gives one token after the other, as a command would."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = [Token(token) for token in tokens]
        self.asked = 0

    async def get(self, _: Account) -> str | None:
        return self._tokens[0]

    async def renewed(self, _: Account, refused: str) -> str | None:
        self.asked += 1
        assert refused == self._tokens[0]
        return self._tokens[1] if len(self._tokens) > 1 else None

    def remember(self, _: Account, password: str) -> None:
        raise AssertionError(password)

    async def keep(self, _: Account, password: str) -> None:
        raise AssertionError(password)


def account(server: Dovecot) -> Account:
    return Account("a", "ada@example.org", "", at(server), "ada", token_command="x", ca_file=server.ca_file)


async def test_an_old_token_is_asked_for_anew_once(every_way: Dovecot, office: TokenOffice) -> None:
    office.tokens["tok-new"] = "ada"
    tokens = Tokens("tok-old", "tok-new")
    session = await open_session(account(every_way), tokens)
    assert (await session.select(b"INBOX")).exists == 0
    session.abort()
    for stale in (Tokens("tok-old", "tok-older"), Tokens("tok-old")):
        del office.asked[:]
        with pytest.raises(SignInRefused):
            await open_session(account(every_way), stale)
        assert stale.asked == 1
        assert len(office.asked) <= 2


# Over real TLS, with a server half of our own: Dovecot 2.3 offers no channel binding.


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    return client_context(authority.ca_file)


def context(authority: Authority, newest: ssl.TLSVersion) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue("server")
    made.load_cert_chain(certificate.cert_file, certificate.key_file)
    made.maximum_version = newest
    return made


def binding_of(talk: Talk, cert_file: Path) -> tuple[bytes, bytes]:
    """What the server's own end knows of the connection."""
    tls = talk.writer.get_extra_info("ssl_object")
    if tls.version() == "TLSv1.2":
        return b"p=tls-unique", tls.get_channel_binding("tls-unique")
    certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
    assert certificate.signature_hash_algorithm is not None
    assert certificate.signature_hash_algorithm.name == "sha256"
    from_pem = ssl.PEM_cert_to_DER_cert(cert_file.read_text())
    return b"p=tls-server-end-point", sha256(from_pem).digest()


async def scram(talk: Talk, server: ScramServer, *, offers: bytes) -> bytes:
    """Play the honest server up to the client's proof; return the verdict, and the tag."""
    await talk.says(b"* OK [CAPABILITY IMAP4rev1 SASL-IR %b] hi\r\n" % offers)
    tag, _, mechanism, first = (await talk.line()).split(b" ")
    await talk.says(b"+ %b\r\n" % base64.b64encode(server.answer(base64.b64decode(first))))
    final = base64.b64decode(await talk.line())
    return mechanism + b" " + tag + b" " + server.judge(final)


BOTH = b"AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_sign_in_is_tied_to_its_connection(
    serve: Serve, authority: Authority, trusting: ssl.SSLContext, newest: ssl.TLSVersion, security: Security
) -> None:
    seen: list[bytes] = []
    own = context(authority, newest)

    async def script(talk: Talk) -> None:
        if security is Security.STARTTLS:
            await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
            await talk.answers(b"STARTTLS")
            await talk.starts_tls(own)
            await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 SASL-IR " + BOTH + b"\r\n")
        kind, data = binding_of(talk, authority.ca_file.parent / "server.pem")
        server = ScramServer(SECRET.encode(), data)
        if security is Security.TLS:
            await talk.says(b"* OK [CAPABILITY IMAP4rev1 SASL-IR %b] hi\r\n" % BOTH)
        tag, _, mechanism, first = (await talk.line()).split(b" ")
        await talk.says(b"+ %b\r\n" % base64.b64encode(server.answer(base64.b64decode(first))))
        verdict = server.judge(base64.b64decode(await talk.line()))
        seen.extend([mechanism, server.header, kind + b",,", verdict[:2]])
        await talk.says(b"+ %b\r\n" % base64.b64encode(verdict))
        assert await talk.line() == b""
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")

    tls = own if security is Security.TLS else None
    where = await serve(script, security, host="localhost", context=tls)
    session = await Session.connect(where, trusting, PATIENT)
    await session.sign_in("bob", SECRET)
    assert seen[0] == b"SCRAM-SHA-256-PLUS"
    assert seen[1] == seen[2]
    assert seen[3] == b"v="
    session.abort()


async def refused(server: Server, trusting: ssl.SSLContext, kind: type[MailError]) -> Session:
    session = await Session.connect(server, trusting, PATIENT)
    with pytest.raises(kind) as caught:
        await session.sign_in("bob", SECRET)
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    return session


@pytest.mark.parametrize(
    "answer",
    [
        b"v=" + base64.b64encode(b"x" * 32),
        b"e=channel-bindings-dont-match",
        b"e=server-does-support-channel-binding",
        b"nonsense",
        None,
    ],
)
async def test_a_server_that_fails_its_proof_hears_nothing_more(
    serve: Serve,
    authority: Authority,
    trusting: ssl.SSLContext,
    talks: list[Talk],
    answer: bytes | None,
) -> None:
    ended = asyncio.Event()

    async def script(talk: Talk) -> None:
        server = ScramServer(SECRET.encode())
        offers = b"AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN"
        _, tag, _ = (await scram(talk, server, offers=offers)).split(b" ", 2)
        talk.heard.clear()
        if answer is None:
            await talk.says(tag + b" OK in without a proof\r\n")
        else:
            await talk.says(b"+ %b\r\n" % base64.b64encode(answer))
        try:
            await talk.hangs()
        finally:
            ended.set()

    where = await serve(script, Security.TLS, "localhost", context(authority, ssl.TLSVersion.TLSv1_3))
    session = await refused(where, trusting, CertificateError)
    assert session.closed
    await ended.wait()
    assert talks[0].heard == b""


@pytest.mark.parametrize("first", [b"r=stranger,s=c2FsdA==,i=4096", b"r=NONCEx,s=c2FsdA==,i=600001"])
async def test_a_foreign_nonce_or_too_much_work_ends_it_before_any_proof(
    serve: Serve, authority: Authority, trusting: ssl.SSLContext, talks: list[Talk], first: bytes
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=SCRAM-SHA-256 AUTH=PLAIN] hi\r\n")
        _, _, _, said = (await talk.line()).split(b" ")
        nonce = base64.b64decode(said).split(b"r=")[1]
        talk.heard.clear()
        await talk.says(b"+ %b\r\n" % base64.b64encode(first.replace(b"NONCE", nonce)))
        await talk.hangs()

    where = await serve(script, Security.TLS, "localhost", context(authority, ssl.TLSVersion.TLSv1_3))
    session = await refused(where, trusting, CertificateError)
    assert session.closed
    assert talks[0].heard == b""


async def test_a_server_without_our_kind_of_binding_is_signed_in_to_without_one(
    serve: Serve, authority: Authority, trusting: ssl.SSLContext
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 SASL-IR %b] hi\r\n" % BOTH)
        tag, _, mechanism, _ = (await talk.line()).split(b" ")
        assert mechanism == b"SCRAM-SHA-256-PLUS"
        await talk.says(b"+ %b\r\n" % base64.b64encode(b"e=unsupported-channel-binding-type"))
        assert await talk.line() == b""
        await talk.says(tag + b" NO no such binding\r\n")
        server = ScramServer(SECRET.encode(), b"unused")
        tag, _, mechanism, first = (await talk.line()).split(b" ")
        assert mechanism == b"SCRAM-SHA-256"
        await talk.says(b"+ %b\r\n" % base64.b64encode(server.answer(base64.b64decode(first))))
        assert server.header == b"n,,"
        verdict = server.judge(base64.b64decode(await talk.line()))
        await talk.says(b"+ %b\r\n" % base64.b64encode(verdict))
        assert await talk.line() == b""
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")

    where = await serve(script, Security.TLS, "localhost", context(authority, ssl.TLSVersion.TLSv1_3))
    session = await Session.connect(where, trusting, PATIENT)
    await session.sign_in("bob", SECRET)
    session.abort()


async def test_a_dialogue_without_end_is_ended(
    serve: Serve, authority: Authority, trusting: ssl.SSLContext
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hi\r\n")
        await talk.line()
        while True:
            await talk.says(b"+ e30=\r\n")
            await talk.line()

    where = await serve(script, Security.TLS, "localhost", context(authority, ssl.TLSVersion.TLSv1_3))
    session = await Session.connect(where, trusting, PATIENT)
    with pytest.raises(ProtocolError, match="does not come to an end"):
        await session.sign_in("bob", Token("abc"))
    assert session.closed


async def test_words_in_the_place_of_a_first_challenge_do_no_harm(serve: Serve) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN LOGINDISABLED] hi\r\n")
        tag = await talk.expects(b"AUTHENTICATE LOGIN")
        await talk.says(b"+ who are you?\r\n")
        assert base64.b64decode(await talk.line()) == b"bob"
        await talk.says(b"+\r\n")
        assert base64.b64decode(await talk.line()) == SECRET.encode()
        await talk.says(tag + b" OK in\r\n")
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1\r\n")

    session = await Session.connect(await serve(script), None, PATIENT)
    await session.sign_in("bob", SECRET)
    session.abort()
