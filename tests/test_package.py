"""What people install: the wheel holds all that the program reads, and nothing of the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    options = [
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--wheel-dir",
        folder,
    ]
    command = [sys.executable, "-m", "pip", "wheel", *options, ROOT]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def shipped(folder: str, pattern: str) -> set[str]:
    """Where the files of a folder of the tree belong in the wheel."""
    paths = (path for path in (ROOT / folder).rglob(pattern) if path.is_file())
    names = (path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts)
    return {name if name.startswith("tui_mail/") else f"tui_mail/{name}" for name in names}


READ = [
    ("themes", "*.toml"),
    ("tui_mail/store/schema", "*.sql"),
    ("tui_mail", "py.typed"),
    ("tui_mail", "*.py"),
]


@pytest.mark.parametrize(("folder", "pattern"), READ)
def test_the_wheel_holds_what_the_program_reads(wheel: set[str], folder: str, pattern: str):
    expected = shipped(folder, pattern)
    assert expected, "the tree holds none, so this would prove nothing"
    assert expected <= wheel


def test_the_wheel_holds_every_file_of_the_program(wheel: set[str]):
    assert shipped("tui_mail", "*") <= wheel


def test_the_wheel_holds_the_licence_and_the_command(wheel: set[str]):
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in wheel)


def test_the_wheel_holds_nothing_else(wheel: set[str]):
    outside = {name.split("/")[0] for name in wheel} - {"tui_mail"}
    assert [name.endswith(".dist-info") for name in outside] == [True]
