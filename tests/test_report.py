"""What tests report stands at the end of the run, added up, whichever process ran them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest

@pytest.mark.parametrize("n", [1, 2, 3])
def test_cut(report, n):
    report.count("Cuts", points=1, fired=n)

def test_line(report):
    report.line("A sentence.")

def test_fails(report):
    report.count("Cuts", points=1, fired=0)
    assert False
"""


@pytest.mark.parametrize("spread", [(), ("--numprocesses", "2")])
def test_figures_are_added_up_and_told_once(tmp_path: Path, spread: tuple[str, ...]) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.report", "-c", "/dev/null", "--rootdir", "."]
    options = ["-p", "no:cacheprovider", *spread]
    done = subprocess.run(
        [*command, *options, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.count("Cuts  4 points, 6 fired\n") == 1
    assert done.stdout.count("\nA sentence.\n") == 1
