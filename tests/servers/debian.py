"""Packages of Debian and its kin, installed without a service being started.

A package's script asks `/usr/sbin/policy-rc.d` before it starts a service, and takes exit status 101 as "not
allowed" (Debian's invoke-rc.d policy layer). The file is ours only while apt runs. Standard library only:
`tests/run.py` calls this before anything else is installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
ASIDE = POLICY.with_name("policy-rc.d.aside")
NO_SERVICE = "#!/bin/sh\n# Set by the tests of tui-mail while packages are installed.\nexit 101\n"


class InstallError(Exception):
    """Packages are missing and stay so; the text is a sentence that says why."""


def root_prefix() -> list[str]:
    """What goes in front of a command so that it runs as root; InstallError where this user may not."""
    if shutil.which("apt-get") is None:
        raise InstallError("this system has no apt-get")
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    raise InstallError("this user is neither root nor allowed to use sudo without a password")


def install(packages: Sequence[str], services: Sequence[str] = ()) -> None:
    """Install packages; their services neither start now nor at the next boot."""
    prefix = root_prefix()
    print(f"Installing {', '.join(packages)} with apt-get.", flush=True)
    with _services_held(prefix):
        if not _apt(prefix, packages):
            _run([*prefix, "apt-get", "-qq", "update"])
            if not _apt(prefix, packages):
                raise InstallError(f"apt-get could not install {' '.join(packages)}")
    if services and shutil.which("systemctl"):
        _run([*prefix, "systemctl", "--quiet", "disable", *services])


def _apt(prefix: Sequence[str], packages: Sequence[str]) -> bool:
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    return _run([*command, "install", "--no-install-recommends", *packages])


def _run(command: Sequence[str]) -> bool:
    """Run a command quietly; what it said is shown only when it failed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        print(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}", file=sys.stderr, flush=True)
    return done.returncode == 0


@contextmanager
def _services_held(prefix: Sequence[str]) -> Iterator[None]:
    """Forbid the start of services, and give back the policy that was there before."""
    if POLICY.exists() and POLICY.read_text(errors="replace") != NO_SERVICE:
        _run([*prefix, "mv", str(POLICY), str(ASIDE)])
    with tempfile.TemporaryDirectory() as folder:
        ours = Path(folder, "policy-rc.d")
        ours.write_text(NO_SERVICE)
        _run([*prefix, "install", "-m", "755", str(ours), str(POLICY)])
    try:
        yield
    finally:
        _run([*prefix, "rm", "-f", str(POLICY)])
        if ASIDE.exists():
            _run([*prefix, "mv", str(ASIDE), str(POLICY)])
