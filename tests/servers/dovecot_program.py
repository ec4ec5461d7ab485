"""Whether Dovecot is here, and which one. Standard library only: `tests/run.py` asks before it installs."""

import re
import shutil
import subprocess
from pathlib import Path

PACKAGES = ("dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd")
"""What Debian calls it."""
SERVICES = ("dovecot.service", "dovecot.socket")
LIBEXEC = ("/usr/lib/dovecot", "/usr/libexec/dovecot")
PARTS = ("imap", "pop3", "lmtp")
"""Programs of Dovecot that Debian packs one by one."""


class StartError(Exception):
    """The server is not installed or did not come up; the text is a sentence that says why."""


def program() -> str | None:
    """The server; its folder is not on the PATH of ordinary users of Debian."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


def why_missing() -> str | None:
    """Why no Dovecot can be started here, in a sentence; None when one can."""
    if program() and any(all(Path(folder, part).exists() for part in PARTS) for folder in LIBEXEC):
        return None
    return f"Dovecot is not installed (on Debian: {' '.join(PACKAGES)})"


def version() -> tuple[int, int]:
    """Major and minor version of the installed Dovecot."""
    said = subprocess.run([str(program()), "--version"], capture_output=True, text=True).stdout
    found = re.match(r"(\d+)\.(\d+)", said)
    if found is None:
        raise StartError(f"dovecot --version said {said!r}")
    return int(found[1]), int(found[2])
