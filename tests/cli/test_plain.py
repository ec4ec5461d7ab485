"""Letters and lists as plain lines."""

import pytest

from tui_mail.cli import plain
from tui_mail.cli.cells import cut, padded, width, wrapped
from tui_mail.model.document import Block, BlockKind, Document, Run
from tui_mail.model.safe_text import SafeText, safe_text


def paragraph(text: str, kind: BlockKind = BlockKind.PARAGRAPH, **facts: object) -> Block:
    return Block(kind, (Run(SafeText(text)),), **facts)  # type: ignore[arg-type]


def laid_out(*blocks: Block, links: tuple[str, ...] = (), columns: int = 30) -> list[str]:
    return list(plain.lines(Document(blocks, tuple(map(safe_text, links))), columns))


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("a\u200db", 2), ("", 0)]
)
def test_columns_are_counted_as_a_terminal_does(text: str, columns: int) -> None:
    assert width(text) == columns


def test_what_does_not_fit_is_cut_between_letters() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("日本語", 4) == "日…"
    assert padded("日本", 6) == "日本  "
    assert width(padded("日本語", 4)) == 4


def test_a_word_longer_than_a_line_stands_whole() -> None:
    assert list(wrapped("see https://example.org/a/long/path now", 10)) == [
        "see",
        "https://example.org/a/long/path",
        "now",
    ]


def test_paragraphs_are_wrapped_and_a_blank_line_apart() -> None:
    assert laid_out(paragraph("one two three four five six seven"), paragraph("eight")) == [
        "one two three four five six",
        "seven",
        "",
        "eight",
    ]


def test_quotes_carry_their_marks_and_the_line_between_belongs_to_the_shallower_one() -> None:
    assert laid_out(
        paragraph("deep", quote=2), paragraph("one two three four five six seven", quote=1), paragraph("own")
    ) == ["> > deep", ">", "> one two three four five six", "> seven", "", "own"]


def test_items_hang_on_their_markers() -> None:
    item = BlockKind.ITEM
    assert laid_out(
        paragraph("one two three four five six seven", item, level=1, marker=SafeText("•")),
        paragraph("inner", item, level=2, marker=SafeText("10.")),
        paragraph("further", item, level=1),
    ) == ["• one two three four five six", "  seven", "  10. inner", "  further"]


def test_preformatted_lines_stay_and_a_rule_fills_the_line() -> None:
    text = "a" * 40 + "\n  b"
    assert laid_out(paragraph(text, BlockKind.PREFORMATTED), Block(BlockKind.RULE, tight=True)) == [
        "a" * 40,
        "  b",
        "-" * 30,
    ]


def test_links_that_hide_their_target_are_numbered_and_listed() -> None:
    block = Block(
        BlockKind.PARAGRAPH,
        (
            Run(SafeText("click "), link=0),
            Run(SafeText("here"), link=1),
            Run(SafeText(" or ")),
            Run(SafeText("https://b.example"), link=2),
        ),
    )
    assert laid_out(block, links=("https://a.example/x", "https://b.example"), columns=60) == [
        "click here[1] or https://b.example",
        "",
        "[1] https://a.example/x",
    ]
