"""Opens connections and makes them safe (RFC 8314; certificates RFC 9525).

The only maker of TLS contexts and the only importer of `ssl`: a context made elsewhere might accept any
certificate. Every failure on the way leaves as a sentence that names host and port. A connection without
any protection is opened to this machine only.
"""

import asyncio
import errno
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CertificateError, ConfigError, MailError, NetworkError, ServerSilent
from tui_mail.model.safe_text import safe_identity
from tui_mail.net.binding import Binding, end_point

Context = ssl.SSLContext
"""What a server must prove, and how."""

P = TypeVar("P", bound=asyncio.Protocol)

CONNECT_LIMIT = 20.0
"""Seconds until a connection must stand, TLS included."""
KEEP_ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPALIVE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
"""A dead line shows itself within two minutes; systems name the options differently."""
USER_TIMEOUT_MS = 30_000
"""How long sent data may stay unacknowledged, in milliseconds (RFC 5482)."""
HAPPY_EYEBALLS = 0.25
"""Seconds before the next address of a host is tried beside the first (RFC 8305)."""

NEAR = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""Networks that nobody pays for by the octet."""

_ERRNO = re.compile(r"\[Errno (\d+)\]")

# OpenSSL's X509_V_ERR_* numbers, x509_vfy.h
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 9, 10, 18, 19
_NO_LOCAL_ISSUER, _NO_ISSUER, _OTHER_NAME, _OTHER_ADDRESS = 20, 21, 62, 64
_CERTIFICATE_WORDS = {
    _NOT_YET_VALID: ("is not yet valid", "Check the clock of this machine"),
    _EXPIRED: ("has expired", "Its operator must renew it; check the clock of this machine too"),
    _SELF_SIGNED: ("is self-signed", "If it is your own server, name its certificate as ca_file"),
    _SELF_SIGNED_IN_CHAIN: (
        "comes from an authority this machine does not know",
        "If you trust that authority, name its certificate as ca_file",
    ),
    _NO_LOCAL_ISSUER: (
        "comes from an issuer this machine does not know",
        "If you trust that issuer, name its certificate as ca_file",
    ),
    _NO_ISSUER: (
        "comes from an issuer this machine does not know",
        "If you trust that issuer, name its certificate as ca_file",
    ),
    _OTHER_NAME: ("is made out to another name", "Check the host name in the configuration"),
    _OTHER_ADDRESS: ("is made out to another address", "Use the server's name instead of its address"),
}


def client_context(ca_file: Path | None) -> Context:
    """Make a context that checks chain and host name, TLS 1.2 at least; `ca_file` adds authorities."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:  # ssl.SSLError is one too
            name = safe_identity(str(ca_file))
            raise ConfigError(f"{name} cannot be read as certificates in PEM form") from error
    return context


def where(server: Server) -> str:
    """Name a server for people: host and port."""
    return f"{safe_identity(server.host)}:{server.port}"


def channel_binding(transport: asyncio.BaseTransport) -> Binding | None:
    """Return what ties a sign-in to this connection; None without TLS, or where nothing can be had.

    Python's `ssl` gives tls-unique, which TLS 1.3 does not define, and no tls-exporter (RFC 9266) up to 3.14
    at least. Then the server's certificate binds: whoever shows another one for its name is noticed.
    """
    tls = transport.get_extra_info("ssl_object")
    return None if tls is None else _binding(tls)


def socket_binding(sock: socket.socket) -> Binding | None:
    """Return the same for a connection that a thread reads and writes."""
    return _binding(sock) if isinstance(sock, ssl.SSLSocket) else None


def _binding(tls: ssl.SSLObject | ssl.SSLSocket) -> Binding | None:
    kind = "tls-exporter" if tls.version() == "TLSv1.3" else "tls-unique"
    if kind in ssl.CHANNEL_BINDING_TYPES and (data := tls.get_channel_binding(kind)):
        return Binding(kind, data)
    certificate = tls.getpeercert(binary_form=True)
    return end_point(certificate) if certificate else None


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its very name or address; nothing is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_near(transport: asyncio.BaseTransport) -> bool:
    """Whether the other end is this machine or stands in a private network (RFC 1918, 3927, 4193, 4291)."""
    peer = transport.get_extra_info("peername")
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in NEAR if network.version == address.version)


def refuse_in_clear(server: Server) -> None:
    """Raise ConfigError where a server is to be spoken to without TLS that is not this machine."""
    if server.security is Security.NONE and not is_loopback(server.host):
        raise ConfigError(
            f"{where(server)} would be reached without TLS, which is for this machine only",
            hint='Set its security to "tls" or "starttls"',
        )


async def open_connection(
    factory: Callable[[], P], server: Server, context: Context | None, limit: float = CONNECT_LIMIT
) -> tuple[asyncio.Transport, P]:
    """Connect to `server`; with Security.TLS the transport is safe when this returns, else still plain."""
    refuse_in_clear(server)
    secure = (context or client_context(None)) if server.security is Security.TLS else None
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit):
            transport, protocol = await loop.create_connection(
                factory,
                server.host,
                server.port,
                ssl=secure,
                server_hostname=server.host if secure else None,
                # a race that is cancelled as it ends lets go of an open socket without closing it
                happy_eyeballs_delay=None if is_loopback(server.host) else HAPPY_EYEBALLS,
            )
    except (OSError, ValueError) as error:  # ValueError: a host name that IDNA refuses
        raise in_words(error, server, limit) from error
    keep_alive(transport.get_extra_info("socket"))
    return transport, protocol


async def start_tls(
    transport: asyncio.Transport,
    protocol: asyncio.Protocol,
    server: Server,
    context: Context | None,
    limit: float = CONNECT_LIMIT,
) -> asyncio.Transport:
    """Make a plain connection safe (RFC 9051 §6.2.1); on any failure it is closed."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit):
            secure = await loop.start_tls(
                transport, protocol, context or client_context(None), server_hostname=server.host
            )
    except (OSError, ValueError) as error:
        transport.abort()
        raise in_words(error, server, limit) from error
    if secure is None:
        raise NetworkError(f"{where(server)} closed the connection while TLS was being set up")
    return secure


def secured(
    sock: socket.socket, server: Server, context: Context | None, held: Callable[[socket.socket], None]
) -> socket.socket:
    """Make a plain connection of a thread safe, within its time limit; on any failure it is closed.

    `held` is told of the new socket before the server is waited for, so that another thread can end the wait.
    """
    limit = sock.gettimeout() or CONNECT_LIMIT
    try:
        secure = (context or client_context(None)).wrap_socket(
            sock, server_hostname=server.host, do_handshake_on_connect=False
        )
        held(secure)
        secure.do_handshake()  # the time limit of the socket is one for all of it
    except (OSError, ValueError) as error:
        raise in_words(error, server, limit) from error
    return secure


def read_now(sock: socket.socket, size: int) -> bytes | None:
    """Return what the other side sent already, b"" if it left; None where nothing came. Does not wait."""
    sock.setblocking(False)
    try:
        return sock.recv(size)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None


def keep_alive(sock: socket.socket) -> None:
    """Let a dead line show itself."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (*KEEP_ALIVE, ("TCP_USER_TIMEOUT", USER_TIMEOUT_MS)):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def in_words(error: Exception, server: Server, limit: float) -> MailError:
    """Say what went wrong on the way to a server, in the one tree of errors."""
    name = where(server)
    if isinstance(error, ssl.SSLCertVerificationError):
        words, hint = _CERTIFICATE_WORDS.get(error.verify_code, ("cannot be trusted", ""))
        return CertificateError(f"The certificate of {name} {words}", hint=hint)
    if isinstance(error, ssl.SSLError):
        return _tls_in_words(error, name)
    if isinstance(error, TimeoutError):
        return ServerSilent(f"{name} did not answer within {limit:g} s")
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return NetworkError(f"{name} cannot be looked up now", hint="Is this machine online?")
        return NetworkError(f"{name} cannot be found", hint="Check the host name in the configuration")
    if isinstance(error, ValueError):
        return ConfigError(f"{name} is not a host and port", hint="Check the configuration")
    return _connecting_in_words(error, name)


def _connecting_in_words(error: Exception, name: str) -> NetworkError:
    # With several addresses asyncio folds the errors of all of them into the text of one without a number.
    number = getattr(error, "errno", None)
    numbers = {number} if number else {int(found) for found in _ERRNO.findall(str(error))}
    if errno.ECONNREFUSED in numbers:
        return NetworkError(f"{name} refused the connection", hint="Check the port, or try again later")
    if isinstance(error, ConnectionError):  # asyncio raises some of them without a number
        return NetworkError(f"{name} closed the connection at once")
    if errno.ETIMEDOUT in numbers:
        return ServerSilent(f"{name} does not answer")
    return NetworkError(f"{name} cannot be reached", hint="Is this machine online?")


def _tls_in_words(error: ssl.SSLError, name: str) -> MailError:
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return CertificateError(
            f"{name} does not speak TLS there",
            hint='Check port and security: 143 wants "starttls", 993 "tls"',
        )
    if reason in ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"):
        return CertificateError(f"{name} speaks only an outdated TLS, older than 1.2")
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return NetworkError(f"{name} closed the connection while TLS was being set up")
    words = reason.lower().replace("_", " ") or "no reason given"
    return CertificateError(f"{name} and this machine could not agree on TLS ({words})")
