"""Whether Postfix is here and may run. Standard library only: `tests/run.py` asks before it installs."""

import os
import pwd
import shutil
from pathlib import Path

PACKAGES = ("postfix",)
"""What Debian calls it."""
SERVICES = ("postfix.service",)
DAEMONS = ("/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix")


def daemons() -> Path | None:
    """The folder of the programs of Postfix, from which `master` starts the others."""
    return next((Path(folder) for folder in DAEMONS if Path(folder, "master").exists()), None)


def program() -> str | None:
    """The command that sets its folders up."""
    return shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin:/usr/local/sbin")


def why_missing() -> str | None:
    """Why no Postfix can be installed or started here, in a sentence; None when one can."""
    return not_installed() or (None if os.geteuid() == 0 else "Postfix starts for root only")


def not_installed() -> str | None:
    """Why there is no Postfix here, in a sentence."""
    if program() is None or daemons() is None:
        return f"Postfix is not installed (on Debian: {' '.join(PACKAGES)})"
    try:
        pwd.getpwnam("postfix")
    except KeyError:
        return "Postfix has no user of its own here"
    return None
