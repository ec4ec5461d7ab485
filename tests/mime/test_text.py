"""Plain text becomes blocks: quotes by level, signature, flowed paragraphs, links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mime.letters import lines, oddity
from tui_mail.mime.parse import read
from tui_mail.mime.text import TEXT_LIMIT, document_from_text
from tui_mail.model.document import BlockKind


def kinds(text: str, flowed: bool = False) -> list[BlockKind]:
    return [block.kind for block in document_from_text(text, flowed).blocks]


def test_paragraphs_keep_their_lines() -> None:
    document = document_from_text("Hello Ann,\n\nfirst line\nsecond line\n\n\n\nBye\n")
    assert lines(document) == ["Hello Ann,", "", "first line", "second line", "", "Bye"]


def test_quotes_have_levels_and_follow_their_introduction_closely() -> None:
    document = document_from_text("Ben wrote:\n> one\n>> two\n> > also two\n>three\n\nmine\n")
    assert lines(document) == ["Ben wrote:", "> one", ">> two", ">> also two", "> three", "", "mine"]


def test_a_blank_line_in_a_quote_parts_its_paragraphs() -> None:
    assert lines(document_from_text("> a\n>\n> b\n")) == ["> a", "", "> b"]


@pytest.mark.parametrize("separator", ["-- ", "--"])
def test_what_follows_the_separator_is_the_signature(separator: str) -> None:
    document = document_from_text(f"Text\n\n{separator}\nNoor\nThe Mill\n")
    assert [block.kind for block in document.blocks] == [BlockKind.PARAGRAPH, BlockKind.SIGNATURE]
    assert lines(document)[-2:] == ["Noor", "The Mill"]


def test_a_quoted_signature_ends_with_its_quote() -> None:
    assert kinds("> a\n> -- \n> Ben\nmine\n") == [
        BlockKind.PARAGRAPH,
        BlockKind.SIGNATURE,
        BlockKind.PARAGRAPH,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "    def f(x):\n        return x\n",
        "name      size\nreport    12 kB\n",
        "| a | b |\n| 1 | 2 |\n",
        "+-----+\n| box |\n+-----+\n",
        "┌────┐\n│ ab │\n",
        "diff --git a/x b/x\n",
    ],
)
def test_code_and_tables_stand_as_they_are(text: str) -> None:
    document = document_from_text(text)
    assert document.blocks[0].kind is BlockKind.PREFORMATTED
    assert "\n".join(lines(document)).rstrip() == text.rstrip()


def test_a_line_across_is_a_rule() -> None:
    assert kinds("a\n\n-----\n\nb\n") == [BlockKind.PARAGRAPH, BlockKind.RULE, BlockKind.PARAGRAPH]


def test_flowed_lines_are_joined_level_by_level() -> None:
    document = read(oddity("flowed_reply_with_signature")).document
    assert lines(document) == [
        "Ben wrote on Friday:",
        "> The wheel turns, but it turns much too slowly since the flood.",
        ">> Did you oil it?",
        "",
        "It does not, I fear; the upper sluice is half shut. I will go and look.",
        "",
        "Noor",
    ]


@pytest.mark.parametrize(
    ("text", "delsp", "shown"),
    [
        ("soft \nbreak\n", False, ["soft break"]),
        ("soft \nbreak\n", True, ["softbreak"]),
        (" stuffed\n >not a quote\n", False, ["stuffed", ">not a quote"]),
        ("> a \n> b\n", False, ["> a b"]),
        ("> a \nmine\n", False, ["> a", "mine"]),
        ("left open \n", False, ["left open"]),
        ("text \n-- \nme\n", False, ["text", "", "me"]),
    ],
)
def test_flowed_text_follows_its_rfc(text: str, delsp: bool, shown: list[str]) -> None:
    assert lines(document_from_text(text, flowed=True, delsp=delsp)) == shown


def test_addresses_in_the_text_are_links() -> None:
    document = document_from_text("see https://a.example/x, or https://a.example/x\n> https://b.example\n")
    assert document.links == ("https://a.example/x", "https://b.example")
    assert [run.link for block in document.blocks for run in block.runs if run.link] == [1, 1, 2]


def test_an_endless_text_is_cut_and_says_so() -> None:
    document = document_from_text("word " * TEXT_LIMIT)
    assert "1 MB" in document.notice
    assert sum(len(run.text) for block in document.blocks for run in block.runs) <= TEXT_LIMIT


@given(
    st.text(st.sampled_from("> -\n\t\r|_=*ab:/.https \x1b\u202e") | st.characters(codec=None)), st.booleans()
)
def test_no_text_raises_or_loses_its_words(text: str, flowed: bool) -> None:
    document = document_from_text(text, flowed, delsp=flowed)
    shown = "".join(run.text for block in document.blocks for run in block.runs)
    assert shown.count("a") == text.count("a")
    assert all("\x1b" not in run.text for block in document.blocks for run in block.runs)
