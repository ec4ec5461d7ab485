"""Every error that may cross a border of the program, in one tree.

    MailError
    ├── ConfigError            the configuration cannot be used
    ├── SecretError            no password could be had
    ├── StoreError             the offline copy cannot be used
    │   ├── StoreTooNew        written by a newer version of the program
    │   ├── StoreDamaged       the file is not a sound database
    │   ├── StoreFull          no room, or not writable
    │   └── StoreBusy          (recoverable) another process holds the data directory, or writes
    ├── NetworkError           (recoverable) the line to a server failed
    │   ├── ServerSilent       (recoverable) nothing came within the time limit
    │   └── ServerBusy         (recoverable) the server asks us to come back later
    ├── CertificateError       the server could not prove who it is
    ├── LostInCommit           the line failed after a letter's final dot: it may have been sent
    ├── ProtocolError          (recoverable) the server broke its protocol
    └── ServerRefused          the server answered NO, BAD or -ERR
        └── SignInRefused      … to the sign-in

`recoverable` means that the same step may succeed later without a change by a person. The sentence
(`str(error)`) says what happened, `hint` what a person can do about it; both are for people, end without
a full stop, and quote text from outside only after `safe_text`.
"""


class MailError(Exception):
    """The root of the tree: a sentence for people and, where there is one, a hint."""

    recoverable = False

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class ConfigError(MailError):
    """The configuration cannot be used; the sentence names file, line and key."""


class SecretError(MailError):
    """No password could be had for an account."""


class StoreError(MailError):
    """The offline copy cannot be read or written."""


class StoreTooNew(StoreError):
    """The database was written by a newer version of the program; it is left untouched."""


class StoreDamaged(StoreError):
    """The file is not a sound database."""


class StoreFull(StoreError):
    """The disk is full or the file cannot be written; nothing that was confirmed is lost."""


class StoreBusy(StoreError):
    """Another process holds the data directory and talks to the servers, or has been writing for long."""

    recoverable = True


class NetworkError(MailError):
    """The line to a server failed: no address, refused, unreachable, cut."""

    recoverable = True


class ServerSilent(NetworkError):
    """Nothing came from the server within the time limit."""


class ServerBusy(NetworkError):
    """The server is there but asks us to come back later ([UNAVAILABLE], [INUSE], [LIMIT], BYE)."""


class CertificateError(MailError):
    """The server could not prove who it is, or the line may be tampered with; no secret was told."""


class LostInCommit(MailError):
    """The line failed after the final dot of a letter had left, or may have: nobody here knows whether it was
    taken, so it is not sent again without a person's word."""


class ProtocolError(MailError):
    """The server broke its protocol; the connection is not used again."""

    recoverable = True


class ServerRefused(MailError):
    """The server answered NO, BAD or -ERR.

    `code` is the response code in upper case without brackets (RFC 5530), or "" where there is none; that of
    SMTP is the enhanced status code (RFC 3463), or the three digits where there is none;
    `sentence_of_server` is the server's own text, already safe.
    """

    def __init__(
        self, sentence: str, *, code: str = "", sentence_of_server: str = "", hint: str = ""
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.code = code
        self.sentence_of_server = sentence_of_server


class SignInRefused(ServerRefused):
    """The server refused user name or password."""
