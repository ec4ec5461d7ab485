"""STARTTLS cannot be stripped, refused or stuffed: a password leaves only over TLS (RFC 9051 §11.1)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.imap.conftest import HASTY, Serve, Talk
from tests.servers.authority import Authority
from tui_mail.imap.session import Session
from tui_mail.model.account import Security
from tui_mail.model.errors import CertificateError, MailError, ServerSilent
from tui_mail.net.tls import Context, client_context

SECRET = "hunter2"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> Context:
    return client_context(authority.ca_file)


@pytest.fixture(scope="module")
def proven(authority: Authority) -> ssl.SSLContext:
    certificate = authority.issue("server")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    return context


async def use(serve: Serve, trusting: Context, script: Callable[[Talk], Awaitable[None]]) -> Session:
    server = await serve(script, Security.STARTTLS)
    session = await Session.connect(server, trusting, HASTY)
    await session.sign_in("bob", SECRET)
    return session


def no_secret_in_clear(talks: list[Talk]) -> bool:
    clear = b"".join(bytes(talk.heard_in_clear) for talk in talks)
    return not any(word in clear for word in (SECRET.encode(), b"LOGIN", b"AUTHENTICATE", b"bob"))


async def test_capabilities_from_before_tls_are_forgotten(
    serve: Serve, trusting: Context, proven: ssl.SSLContext, talks: list[Talk]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS XFALSE AUTH=LOGIN] hi\r\n")
        await talk.answers(b"STARTTLS")
        await talk.starts_tls(proven)
        for _ in range(2):
            await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n")
            if _ == 0:
                await talk.answers(b"AUTHENTICATE PLAIN ")

    session = await use(serve, trusting, script)
    assert session.capabilities == {"IMAP4REV1", "AUTH=PLAIN", "SASL-IR"}
    assert no_secret_in_clear(talks)
    session.abort()


INJECTED = [
    b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n",
    b"* OK [ALERT] call me\r\n",
    b"* 1 EXI",
    b"t2 OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] done\r\n",
    b"* PREAUTH hello\r\n",
    b"x",
    b"\r\n",
]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("injected", INJECTED)
async def test_what_lies_behind_the_reply_is_tampering(
    serve: Serve, trusting: Context, talks: list[Talk], injected: bytes, apart: bool
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
        tag = await talk.expects(b"STARTTLS")
        reply = tag + b" OK begin\r\n"
        if apart:
            await talk.says(reply)
            await talk.says(injected)
        else:
            await talk.says(reply + injected)
        await talk.hangs()

    # In a segment of its own the text may also reach TLS itself, which cannot take it for a handshake.
    with pytest.raises(CertificateError if not apart else MailError, match=r"tampered|TLS|closed") as caught:
        await use(serve, trusting, script)
    if not apart:
        assert "tampered" in str(caught.value)
    assert no_secret_in_clear(talks)


@pytest.mark.parametrize(
    ("greeting", "reply"),
    [
        (b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n", b""),
        (b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", b""),
        (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", b"NO not today"),
        (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", b"BAD what"),
    ],
)
async def test_a_line_that_cannot_be_made_safe_is_not_used(
    serve: Serve, trusting: Context, talks: list[Talk], greeting: bytes, reply: bytes
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(greeting)
        if reply:
            await talk.answers(b"STARTTLS", kind=reply)
        await talk.hangs()

    with pytest.raises(CertificateError) as caught:
        await use(serve, trusting, script)
    assert not caught.value.recoverable
    assert no_secret_in_clear(talks)


async def test_a_server_that_hangs_at_starttls_is_silent(
    serve: Serve, trusting: Context, talks: list[Talk]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
        await talk.hangs()

    with pytest.raises(ServerSilent):
        await use(serve, trusting, script)
    assert no_secret_in_clear(talks)


async def test_a_reply_that_came_before_its_command_is_refused(
    serve: Serve, trusting: Context, talks: list[Talk]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\nt1 OK begin\r\n")
        await talk.hangs()

    with pytest.raises(MailError, match="not IMAP"):
        await use(serve, trusting, script)
    assert no_secret_in_clear(talks)


async def test_a_bad_certificate_behind_starttls_is_refused(
    serve: Serve, proven: ssl.SSLContext, talks: list[Talk], tmp_path: Path
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
        await talk.answers(b"STARTTLS")
        await talk.starts_tls(proven)

    with pytest.raises(CertificateError, match="issuer this machine does not know"):
        await use(serve, client_context(None), script)
    assert no_secret_in_clear(talks)


async def test_one_session_after_the_other_checks_anew(
    serve: Serve, trusting: Context, proven: ssl.SSLContext, talks: list[Talk]
) -> None:
    async def script(talk: Talk) -> None:
        await talk.says(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n")
        if len(talks) > 1:
            tag = await talk.expects(b"STARTTLS")
            await talk.says(tag + b" OK begin\r\n* CAPABILITY IMAP4rev1\r\n")
            return
        await talk.answers(b"STARTTLS")
        await talk.starts_tls(proven)
        await talk.answers(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n")
        await talk.hangs()

    server = await serve(script, Security.STARTTLS)
    first = await Session.connect(server, trusting, HASTY)
    with pytest.raises(CertificateError, match="tampered"):
        await Session.connect(server, trusting, HASTY)
    first.abort()
    await asyncio.sleep(0)
