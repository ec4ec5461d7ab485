"""Proving who we are to a server of SMTP (RFC 4954).

The mechanisms themselves are in `net`; here they are put on the line. A secret leaves only over TLS, or to
this very machine, and what the server repeats of it is not shown.
"""

from base64 import b64encode

from tui_mail.model.account import Server
from tui_mail.model.errors import CertificateError, MailError, ProtocolError
from tui_mail.net import auth
from tui_mail.net.tls import is_loopback, socket_binding
from tui_mail.smtp.answers import Answer, refusal
from tui_mail.smtp.line import Line

COMMAND_LIMIT = 512
"""Octets of a command with its end (RFC 5321 §4.5.3.1.4); a longer token waits until it is asked for."""
GO_ON = 334

_REFUSED = frozenset({530, 534, 535, 538, 550, 553, 554})
"""Answers to a sign-in that speak of the person or the secret (RFC 4954 §6, and what is seen in the wild)."""


def offered(line: Line) -> frozenset[str]:
    """Return the mechanisms that a server offers now, in upper case."""
    return frozenset(line.esmtp_features.get("auth", "").upper().split())


def sign_in(line: Line, server: Server, username: str, secret: str) -> str:
    """Try the mechanisms that suit, best first; return the one that did it.

    The next one is tried only where nothing was shown yet.
    """
    if not line.secure and not is_loopback(server.host):
        raise CertificateError(f"{line.where} was reached without TLS: no password is sent there")
    binding = socket_binding(line.connected)
    credentials = auth.Credentials(line.where, server.host, server.port, username, secret, binding)
    refused: MailError | None = None
    line.secrets = (secret,)
    try:
        for way in auth.ways(offered(line), credentials):
            said = _dialogue(line, way)
            if said.accepted:
                _believe(line, way)
                return way.name
            refused = _in_words(line, way, credentials, said)
            if said.passing or not way.may_try_another:
                break
    finally:
        line.secrets = ()
    raise refused or auth.no_way(line.where, secret)


def _dialogue(line: Line, way: auth.Dialogue) -> Answer:
    """Speak by one mechanism; return the answer that ended it."""
    command = f"AUTH {way.name}"
    first = None if way.first is None else _to_base64(line, way.first)
    if first is not None and len(command) + len(first) + 3 <= COMMAND_LIMIT:
        command, first = f"{command} {first}", None
    code, challenge = line.challenge(command)
    for _ in range(auth.ROUNDS):
        if code != GO_ON:
            return line.read(code, challenge)
        said = first if first is not None else _answer(line, way, challenge)
        first = None
        code, challenge = line.challenge(said)
    line.abort()
    raise ProtocolError(f"{line.where} does not come to an end of signing in")


def _answer(line: Line, way: auth.Dialogue, challenge: bytes) -> str:
    try:
        return _to_base64(line, way.answer(auth.from_base64(challenge)))
    except MailError:
        line.abort()
        raise


def _believe(line: Line, way: auth.Dialogue) -> None:
    try:
        way.accepted()
    except CertificateError:
        line.abort()
        raise


def _to_base64(line: Line, said: bytes) -> str:
    """Return what is said as it is sent, which must not be repeated either: it may hold the secret."""
    sent = b64encode(said).decode("ascii")
    line.secrets += (sent,) if sent else ()
    return sent


def _in_words(line: Line, way: auth.Dialogue, credentials: auth.Credentials, said: Answer) -> MailError:
    if said.code in _REFUSED:
        return auth.refused(way, credentials, said.sentence, said.status or str(said.code))
    return refusal(line.where, f"sign in by {way.name}", said)
