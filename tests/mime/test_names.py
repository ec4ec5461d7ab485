"""A sender's name for a file becomes a name that harms no one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.names import LENGTH_LIMIT, file_name


@pytest.mark.parametrize(
    ("given_name", "saved"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\evil.dll", "evil.dll"),
        ("/", "attachment"),
        ("", "attachment"),
        ("..", "attachment"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("notes.", "notes"),
        ('a:b*c?d"e<f>g|h', "a_b_c_d_e_f_g_h"),
        ("line\r\nbreak.txt", "line break.txt"),
        ("nul\x00.txt", "nul_.txt"),
        ("\x1b[31mred.txt", "_[31mred.txt"),
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("CON", "_CON"),
        ("aux.h", "_aux.h"),
        ("lpt1.txt", "_lpt1.txt"),
        ("console.log", "console.log"),
        ("e\u0301te\u0301.txt", "été.txt"),
        ("bad\ud800.txt", "bad_.txt"),
        ("/////...", "attachment"),
    ],
)
def test_a_name_is_made_safe(given_name: str, saved: str) -> None:
    assert file_name(given_name) == saved


def test_a_long_name_keeps_its_extension() -> None:
    saved = file_name("ä" * 300 + ".tar.gz")
    assert saved.endswith(".gz")
    assert len(saved.encode()) <= LENGTH_LIMIT


def test_an_endless_extension_is_no_extension() -> None:
    assert len(file_name("a." + "x" * 500).encode()) <= LENGTH_LIMIT


@given(st.text())
def test_any_text_becomes_one_component(name: str) -> None:
    saved = file_name(name)
    assert saved not in ("", ".", "..")
    assert not set(saved) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in saved)
    assert saved[0] not in ".- "
    assert saved[-1] not in ". "
    assert len(saved.encode()) <= LENGTH_LIMIT
    assert file_name(saved) == saved
