"""A server proves who it is, or there is a sentence that says why not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.servers.authority import Authority, Certificate
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CertificateError, ConfigError, NetworkError, ServerSilent
from tui_mail.net import tls
from tui_mail.net.tls import client_context, is_loopback, is_near, open_connection, start_tls

Start = Callable[..., Awaitable[Server]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a server that shows a certificate, or says `words` without TLS, or nothing at all."""
    servers: list[asyncio.Server] = []
    open_ones: list[asyncio.StreamWriter] = []

    async def begin(certificate: Certificate | None = None, words: bytes | None = None) -> Server:
        context = None
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.cert_file, certificate.key_file)

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            open_ones.append(writer)
            if words is not None:
                writer.write(words)
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        return Server("127.0.0.1", server.sockets[0].getsockname()[1], Security.TLS)

    yield begin
    for server in servers:
        server.close()
    for writer in open_ones:
        writer.transport.abort()
    await asyncio.sleep(0)


async def connect(server: Server, ca_file: Path | None, limit: float = 5.0) -> asyncio.Transport:
    transport, _ = await open_connection(asyncio.Protocol, server, client_context(ca_file), limit)
    return transport


async def test_a_proven_server_is_connected_to_with_keep_alive(start: Start, authority: Authority) -> None:
    transport = await connect(await start(authority.issue("good")), authority.ca_file)
    sock = transport.get_extra_info("socket")
    assert transport.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == tls.USER_TIMEOUT_MS
    transport.abort()


@pytest.mark.parametrize(
    ("name", "options", "trusts", "words"),
    [
        ("expired", {"until": datetime.now(UTC) - timedelta(days=1)}, True, "has expired"),
        ("selfsigned", {"self_signed": True}, True, "is self-signed"),
        ("unknown", {}, False, "comes from an issuer this machine does not know"),
        ("name", {"hosts": ("mail.example.com",)}, True, "is made out to another"),
    ],
)
async def test_a_bad_certificate_is_explained(
    start: Start, authority: Authority, name: str, options: dict[str, object], trusts: bool, words: str
) -> None:
    server = await start(authority.issue(name, **options))  # type: ignore[arg-type]
    with pytest.raises(CertificateError, match=f"certificate of 127.0.0.1:{server.port} {words}") as caught:
        await connect(server, authority.ca_file if trusts else None)
    assert caught.value.hint
    assert not caught.value.recoverable


@pytest.mark.parametrize("code", [tls._NOT_YET_VALID, tls._SELF_SIGNED_IN_CHAIN, tls._NO_ISSUER, 999])
def test_rarer_certificate_errors_have_words_too(code: int) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    found = tls.in_words(error, Server("imap.example.org", 993), 20)
    assert isinstance(found, CertificateError)
    assert str(found).startswith("The certificate of imap.example.org:993 ")


@pytest.mark.parametrize("words", [b"* OK hello\r\n", b"220 smtp\r\n", b"HTTP/1.1 400\r\n\r\n"])
async def test_a_server_without_tls_is_told_apart(start: Start, words: bytes) -> None:
    server = await start(words=words)
    with pytest.raises(CertificateError, match=f"127.0.0.1:{server.port} does not speak TLS"):
        await connect(server, None)


async def test_a_server_that_hangs_up_at_once_is_told_apart(start: Start) -> None:
    server = await start(words=b"")
    with pytest.raises(NetworkError, match=f"127.0.0.1:{server.port} closed the connection"):
        await connect(server, None)


async def test_a_server_that_says_nothing_is_silent(start: Start) -> None:
    server = await start()
    with pytest.raises(ServerSilent, match=f"127.0.0.1:{server.port} did not answer within 0.1 s"):
        await connect(server, None, 0.1)


async def test_a_closed_port_refuses() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):  # the latter may stand for several addresses
            with pytest.raises(NetworkError, match=f"{host}:{port} refused the connection"):
                await connect(Server(host, port), None)


async def test_a_host_that_is_no_name_is_called_so() -> None:
    for host in ("a" * 70 + ".example.org", "x..y"):
        with pytest.raises((ConfigError, NetworkError), match=r"is not a host and port|cannot be"):
            await connect(Server(host, 993), None)


async def test_a_failed_starttls_closes_the_line(start: Start, authority: Authority) -> None:
    server = await start(words=b"* OK not a handshake\r\n")
    plain = Server(server.host, server.port, Security.STARTTLS)
    transport, protocol = await open_connection(asyncio.Protocol, plain, None)
    with pytest.raises((CertificateError, NetworkError)):
        await start_tls(transport, protocol, plain, client_context(authority.ca_file), 5.0)
    assert transport.is_closing()


async def test_no_protection_is_for_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="for this machine only"):
        await open_connection(asyncio.Protocol, Server("192.0.2.1", 143, Security.NONE), None)


def test_this_machine_is_known_by_name_and_address() -> None:
    assert all(is_loopback(host) for host in ("localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"))
    assert not any(
        is_loopback(host) for host in ("localhost.example.org", "10.0.0.1", "example.org", "", "::")
    )


def test_a_context_checks_everything(authority: Authority) -> None:
    context = client_context(authority.ca_file)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_file_without_certificates_is_refused_in_words(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match="cannot be read as certificates"):
            client_context(path)


class Peer(asyncio.Transport):
    """The far end of a line, by its address only."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 993)})


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("192.168.178.20", True),
        ("192.0.2.1", False),
        ("169.254.7.7", True),
        ("fe80::1%eth0", True),
        ("fd12:3456::1", True),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", True),
        ("::ffff:203.0.113.9", False),
        ("100.64.0.1", False),
    ],
)
def test_what_is_near_is_told_by_the_address_that_answers(address: str, near: bool) -> None:
    assert is_near(Peer(address)) is near
