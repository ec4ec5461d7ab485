"""What is said to sign in (RFC 4616; LOGIN: draft-murchison-sasl-login), whatever the protocol around it.

Both mechanisms hand over the password itself, so callers speak them under TLS only.
"""

from collections.abc import Collection

from tui_mail.model.errors import SignInRefused

MECHANISMS = ("PLAIN", "LOGIN")
"""What this program speaks, best first."""


def choose(offered: Collection[str]) -> str | None:
    """Return the best mechanism among those offered (in upper case), or None."""
    return next((mechanism for mechanism in MECHANISMS if mechanism in offered), None)


def answers(mechanism: str, username: str, password: str) -> list[bytes]:
    """Return what answers each challenge of `mechanism`, not yet in base64."""
    name, secret = encoded(username), encoded(password)
    return [b"\0%b\0%b" % (name, secret)] if mechanism == "PLAIN" else [name, secret]


def encoded(word: str) -> bytes:
    """Return a user name or password as it is sent; one that cannot be sent anywhere is refused here."""
    if not word or any(mark in word for mark in "\0\r\n"):
        raise SignInRefused(
            "The user name or password is empty or holds a line break and cannot be sent",
            hint="Check what the password command prints",
        )
    return word.encode("utf-8", "surrogatepass")
