"""What users would run instead, set up as they would: neomutt, aerc, mbsync.

Nothing is installed from here: a bench says what is missing and leaves that comparison out.
"""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

from tests.bench.figures import say
from tests.bench.terminal import TimedTerminal
from tests.servers.dovecot import PASSWORD, Dovecot

PACKAGES = {"neomutt": "neomutt", "aerc": "aerc", "mbsync": "isync"}
"""The Debian package of each."""


def present(name: str) -> bool:
    """Tell whether a program is installed; say so if it is not."""
    if shutil.which(name):
        return True
    say(f"{name} is not installed, so nothing is compared with it", f"apt-get install {PACKAGES[name]}")
    return False


def _environment(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    return {**os.environ, **places, "HOME": str(home), "TERM": "xterm-256color"}


def neomutt(home: Path, folder: str) -> TimedTerminal:
    """Start neomutt on a folder (a path or `imap://…`), with its header cache in `home`."""
    environment = _environment(home)
    (home / "neomuttrc").write_text(
        f'set imap_pass = "{PASSWORD}"\nset ssl_starttls = no\nset ssl_force_tls = no\n'
        f'set header_cache = "{home}/headers/"\nset spoolfile = "{folder}"\nset folder = "{folder}"\n'
        "set mbox_type = Maildir\nset sort = reverse-date\nset sleep_time = 0\nset quit = yes\n"
        "set mail_check = 600\nset timeout = 600\n"
    )
    (home / "headers").mkdir(exist_ok=True)
    return TimedTerminal(["neomutt", "-n", "-F", str(home / "neomuttrc")], environment)


def imap_url(server: Dovecot, user: str) -> str:
    """Return the inbox of a user as neomutt names it."""
    return f"imap://{user}@{server.host}:{server.imap_plain}/INBOX"


def aerc(home: Path, source: str) -> TimedTerminal:
    """Start aerc on a source such as `maildir:///path` or `imap+insecure://…`."""
    environment = _environment(home)
    config = home / "config" / "aerc"
    config.mkdir(parents=True, exist_ok=True)
    accounts = config / "accounts.conf"
    accounts.write_text(
        f"[bench]\nsource = {source}\ndefault = INBOX\nfrom = Bench <you@example.org>\ncache-headers = true\n"
    )
    accounts.chmod(0o600)
    opened = 'exec aerc <"$(tty)"'  # aerc wants a controlling terminal; opening it makes it one
    return TimedTerminal(["/bin/sh", "-c", opened], environment)


def aerc_source(server: Dovecot, user: str) -> str:
    """Return the mailbox of a user as aerc names it."""
    return f"imap+insecure://{user}:{quote(PASSWORD)}@{server.host}:{server.imap_plain}"


class Mbsync:
    """mbsync with a Maildir and a state of its own."""

    def __init__(self, home: Path, server: Dovecot, user: str, *, tls: bool, patterns: str = "INBOX") -> None:
        self.environment = _environment(home)
        (home / "mail").mkdir()
        line = (
            f"SSLType IMAPS\nCertificateFile {server.ca_file}\nPort {server.imap_tls}\n"
            if tls
            else f"SSLType None\nPort {server.imap_plain}\n"
        )
        self._config = home / "mbsyncrc"
        self._config.write_text(
            f'FSync no\n\nIMAPAccount bench\nHost localhost\n{line}User {user}\nPass "{PASSWORD}"\n'
            f"AuthMechs LOGIN\n\nIMAPStore far\nAccount bench\n\n"
            f"MaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
            f"Channel bench\nFar :far:\nNear :near:\nPatterns {patterns}\nCreate Near\nExpunge Near\n"
            f"SyncState *\nCopyArrivalDate yes\n"
        )

    @property
    def command(self) -> list[str]:
        """The command that syncs everything once."""
        return ["mbsync", "-q", "-c", str(self._config), "bench"]
