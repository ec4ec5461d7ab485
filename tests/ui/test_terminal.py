import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.hostile import ESCAPES
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.ui.terminal import Gate, hyperlink, spoken
from tui_mail.ui.voice import Speech

FRAMES = (
    "\x1b[?2026h\x1b[1;1H\x1b[1;38;2;213;217;224;48;2;20;23;28mBudget — 日本\x1b[0m\x1b[2;1H\x1b[?2026l",
    "\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h\x1b[?25l\x1b[?1004h\x1b[>25u\x1b[?2004h",
    "\x1b[?2026$p\x1b[?2048$p\x1b[?2048h\x1b[?7l\x1b[<u\x1b[?1049l\x1b[?25h",
    "\x1b]8;id=42;https://example.org/a?b=%20c\x1b\\text\x1b]8;;\x1b\\",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1b]22;default\x07",
    "one\r\n\x1b[2;1Htwo",
    "one\n\x1b[2;1Htwo",
    "\x07",
    "\x1b]2;(12) tui-mail\x07",
    "\x1b]2;tui-mail\x07",
    "\x1b[22;2t",
    "\x1b[23;2t",
)
UNKNOWN = (
    "\x1b]0;title\x07",
    "\x1b]52;c;?\x07",
    "\x1b]52;p;aGVsbG8=\x07",
    "\x1b]8;;file:///etc/passwd\x1b\\",
    "\x1b]8;;https://example.org/\x1b[2J\x1b\\",
    "\x1b]8;;javascript:alert(1)\x1b\\",
    "\x1b]11;?\x07",
    "\x1b[21t",
    "\x1b]2;(12) tui-mail\x07",
    "\x1b]9;Mail: Anna, Hello\x07",
    "\x1b]777;notify;Mail: Anna;Hello\x07",
    "\x1b[22;2t",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[2J",
    "\x1b[3A",
    "\x1b[K",
    "vertical\x0btab",
    "\x1b[?1l",
    "\x1bP$qm\x1b\\",
    "\x1bc",
    "\x1b",
    "text\x07",
    "\x9b31m",
    "\x08\x0b\x0c\x00\x7f",
)


@pytest.mark.parametrize("frame", FRAMES)
def test_what_the_program_writes_passes_unchanged(frame: str) -> None:
    gate = Gate()

    assert gate(frame) == frame
    assert gate.stopped == 0


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b]2;owned\x07",
        "\x1b]9;4;1;50\x07",
        "\x1b]9;Mail: one;two\x07",
        "\x1b]9;Mail: a\x1b[2Jb\x07",
        "\x1b]777;notify;Other;text\x07",
        "\x1b]777;notify;Mail: a;b;c\x07",
        "\x1b]777;precmd\x07",
        "\x1b]2;tui-mail\x07\x07",
    ],
)
def test_an_announcement_or_title_of_another_make_does_not_pass_even_alone(sequence: str) -> None:
    gate = Gate()
    assert gate(sequence) != sequence
    assert gate.stopped > 0


@pytest.mark.parametrize("speech", Speech)
@pytest.mark.parametrize("payload", [*ESCAPES.values(), "a;b;c", "4;1;50", "x" * 900, "日本語 · ünï"])
def test_whatever_is_announced_passes_the_gate_as_one_sequence(speech: Speech, payload: str) -> None:
    gate = Gate()
    written = spoken(speech, safe_text(payload), safe_text(payload))
    assert gate(written) == written
    assert gate.stopped == 0
    assert written.count("\x1b") == written.count("\x07") == 1
    assert not written.startswith("\x1b]9;4")


@pytest.mark.parametrize("sequence", UNKNOWN)
def test_what_it_never_writes_is_shown_and_counted(sequence: str) -> None:
    gate = Gate()
    written = gate(f"\x1b[1mbefore {sequence} after\x1b[0m")

    assert written.startswith("\x1b[1mbefore ")
    assert written.endswith(" after\x1b[0m")
    assert written[len("\x1b[1mbefore ") : -len(" after\x1b[0m")].isprintable()
    assert gate.stopped > 0


def test_a_control_is_shown_by_its_picture() -> None:
    assert Gate()("a\x1bb\x00c\x7fd\x9be") == "a␛b␀c␡d\ufffde"


@given(st.text(alphabet=st.characters(), max_size=40))
def test_whatever_is_written_holds_known_sequences_only(text: str) -> None:
    gate = Gate()
    once = gate(text)

    assert gate.stopped == 0 or once != text
    again = Gate()
    assert again(once) == once
    assert again.stopped == 0


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/a?b=c&d=%20e#f",
        "http://[::1]:8080/",
        "http://example.org?q=[x]@y",
        "mailto:anna@example.org?subject=x",
    ],
)
def test_a_harmless_target_may_be_linked(target: str) -> None:
    assert hyperlink(safe_identity(target)) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "HTTPS//example.org",
        "https://exämple.org/",
        "https://example.org/ x",
        "https://example.org]x[/link",
        "https://bank.example@evil.test/",
        "https:///etc/passwd",
        "https://example.org/\u202e",
        "https://example.org/\\",
        'https://example.org/"',
        "https://example.org/" + "a" * 3_000,
        *(f"https://example.org/{payload}" for payload in ESCAPES.values()),
    ],
)
def test_any_other_target_is_not(target: str) -> None:
    assert hyperlink(safe_identity(target)) is None


def test_a_link_as_textual_writes_it_passes() -> None:
    link = hyperlink(safe_identity("https://example.org/a"))
    strip = Strip([Segment("text", Style(link=link))])
    written = strip.render(Console(force_terminal=True))
    gate = Gate()

    assert "\x1b]8;" in written
    assert gate(written) == written
