"""Set up and run everything that checks this project: `python3 tests/run.py [arguments of pytest]`.

A fresh clone and Python 3.11 or newer suffice: the command makes an environment of its own in `.test-venv/`,
with every package pinned, and installs the mail server that the tests talk to where it may. Its last line
counts what passed, failed and was skipped; reasons for skips stand above it. Standard library only.
"""

import sys

if sys.version_info < (3, 11):
    print("tui-mail needs Python 3.11 or newer; this is " + sys.version.split()[0])
    print("0 passed, 1 failed, 0 skipped")
    sys.exit(1)

import hashlib
import importlib.util
import os
import subprocess
import tempfile
import venv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import debian, dovecot_program, postfix_program

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
CONSTRAINTS = ROOT / "tests" / "constraints.txt"
BUILD = ("hatchling", "editables")
"""What builds the project; here already, so that pip fetches nothing unpinned for it."""
TOOLS = (
    "cryptography",
    "hypothesis",
    "imapclient",
    "mypy",
    "pyte",
    "pytest",
    "pytest-asyncio",
    "pytest-xdist",
    "ruff",
)
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy", "--strict"),
)


LONG_LIMIT = 7_200
"""Seconds that one test in its long form may take before it counts as hanging."""


class SetupError(Exception):
    """Nothing can be checked; the text is a sentence that says why."""


@dataclass
class Tally:
    """What came of the checks and tests."""

    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """How many tests were skipped, by reason."""

    def __str__(self) -> str:
        reasons = "".join(f"Skipped {count}: {reason}\n" for reason, count in sorted(self.skipped.items()))
        return f"{reasons}{self.passed} passed, {self.failed} failed, {self.skipped.total()} skipped"


def main(arguments: Sequence[str]) -> int:
    """Run the checks, then the tests; the exit status is 0 when nothing failed."""
    tally = Tally()
    try:
        python = environment()
        provide_servers()
        for check in CHECKS:
            run_check(python, check, tally)
        run_tests(python, arguments, tally)
    except SetupError as error:
        say(str(error))
        tally.failed += 1
    say(str(tally))
    return 1 if tally.failed else 0


def say(text: str) -> None:
    """Tell the person who waits, in order with what the tools print."""
    print(text, flush=True)


def environment() -> Path:
    """The Python of an environment with the project and the pinned tools, made anew when these change."""
    folder = ROOT / ".test-venv" / VERSION
    python = folder / "bin" / "python"
    stamp = folder / "made-from"
    wanted = fingerprint()
    if not stamp.exists() or stamp.read_text() != wanted:
        say(f"Making {folder.relative_to(ROOT)} with Python {sys.version.split()[0]}.")
        provide_venv()
        make_venv(folder)
        pip_install(python, *BUILD, *TOOLS)
        pip_install(python, "--no-build-isolation", "--editable", str(ROOT))
        stamp.write_text(wanted)
    return python


def fingerprint() -> str:
    """Changes when the environment has to be made anew."""
    parts = (sys.version, sys.base_prefix, str(ROOT), " ".join(BUILD + TOOLS))
    files = (ROOT / "pyproject.toml", CONSTRAINTS)
    content = "\n".join(parts).encode() + b"".join(path.read_bytes() for path in files)
    return hashlib.sha256(content).hexdigest()


def provide_venv() -> None:
    """Debian packs separately what makes an environment: install it where allowed, or say what to do."""
    if importlib.util.find_spec("ensurepip"):
        return
    package = f"{VERSION}-venv"
    try:
        debian.install([package])
    except debian.InstallError as error:
        raise SetupError(f"Please install {package}, which makes environments: {error}.") from error


def make_venv(folder: Path) -> None:
    """An empty environment with pip, in place of what was there."""
    try:
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"Python could not make an environment in {folder}: {error}") from error


def pip_install(python: Path, *arguments: str) -> None:
    """Install into the environment, nothing but pinned versions."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    command = [str(python), "-m", "pip", "install", *quiet, "--constraint", str(CONSTRAINTS), *arguments]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise SetupError(f"pip could not install {' '.join(arguments)}.")


def provide_servers() -> None:
    """Install Dovecot and Postfix where that is allowed, else say which tests will miss them."""
    for server, missing in (
        (dovecot_program, dovecot_program.why_missing()),
        (postfix_program, postfix_program.not_installed()),
    ):
        if missing is None:
            continue
        try:
            debian.install(server.PACKAGES, server.SERVICES)
        except debian.InstallError as error:
            say(f"The tests that talk to a real mail server cannot run: {missing}, and {error}.")


def run_check(python: Path, check: Sequence[str], tally: Tally) -> None:
    """Run one tool over the tree; it counts as one test."""
    say(f"== {' '.join(check)}")
    if subprocess.run([str(python), "-m", *check], cwd=ROOT).returncode == 0:
        tally.passed += 1
    else:
        tally.failed += 1


def run_tests(python: Path, arguments: Sequence[str], tally: Tally) -> None:
    """Run pytest with two processes, a file of tests in one of them."""
    say(f"== pytest {' '.join(arguments)}".rstrip())
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        spread = ("--numprocesses", "2", "--dist", "loadfile")
        patience = ("-o", f"faulthandler_timeout={LONG_LIMIT}") if "--long" in arguments else ()
        command = [str(python), "-m", "pytest", *spread, *patience, *arguments, f"--junit-xml={report}"]
        status = subprocess.run(command, cwd=ROOT).returncode
        failed_before = tally.failed
        if report.exists():
            count(report, tally)
    if status != 0 and tally.failed == failed_before:
        say("No test matched." if status == 5 else f"pytest ended with status {status}.")
        tally.failed += 1


def count(report: Path, tally: Tally) -> None:
    """Add what pytest wrote down, in the form of JUnit, to the tally."""
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif skip is not None:
            tally.skipped[skip.get("message", "no reason given")] += 1
        else:
            tally.passed += 1


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    sys.exit(main(sys.argv[1:]))
