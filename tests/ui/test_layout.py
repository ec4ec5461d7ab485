import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.documents import FULL, LONG, block, document, item, paragraph, run
from tui_mail.model.document import Block, BlockKind, Document, Style
from tui_mail.model.safe_text import safe_body, safe_text
from tui_mail.ui.format import ICONS, PLAIN_ICONS, Icons
from tui_mail.ui.layout import Layout, disguised
from tui_mail.ui.lines import Hit, Ink, Line, Place, Target


def laid_out(
    content: Document, width: int = 40, icons: Icons = ICONS, opened: frozenset[int] = frozenset()
) -> list[Line]:
    return list(Layout(content, width, icons, opened).lines())


def texts(content: Document, width: int = 40, icons: Icons = ICONS) -> list[str]:
    return [line.text for line in laid_out(content, width, icons)]


def quoted(count: int) -> Block:
    return paragraph("\n".join(f"line {n}" for n in range(count)), quote=1)


def test_a_blank_line_parts_blocks_unless_they_are_tight_or_items() -> None:
    content = document(
        paragraph("one"), paragraph("two"), paragraph("three", tight=True), item("four"), item("five")
    )

    assert texts(content) == ["one", "", "two", "three", "", "• four", "• five"]


def test_items_hang_by_their_marks() -> None:
    content = document(
        item("one that is long enough to need another line"),
        item("two, deeper, and long enough as well to break", level=2, marker="10."),
        item("a further paragraph", level=2, marker=""),
        item("three"),
    )

    assert texts(content, 30) == [
        "• one that is long enough to",
        "  need another line",
        "  10. two, deeper, and long",
        "      enough as well to break",
        "    a further paragraph",
        "• three",
    ]


def test_quotes_have_a_bar_for_each_level_in_two_tones() -> None:
    content = document(paragraph("first", quote=1), paragraph("second", quote=2), paragraph("third", quote=3))
    lines = laid_out(content)

    assert [line.text for line in lines] == ["▎ first", "▎ ", "▎ ▎ second", "▎ ▎ ", "▎ ▎ ▎ third"]
    assert [piece.ink for piece in lines[-1].pieces] == [Ink.QUOTE_1, Ink.QUOTE_2, Ink.QUOTE_1, Ink.QUOTE_1]


def test_a_deep_quote_leaves_room_for_its_text() -> None:
    lines = laid_out(document(paragraph("words " * 20, quote=40), paragraph("end")), 20)

    assert all(line.width <= 20 for line in lines)


def test_a_quote_beyond_eight_lines_is_one_line_until_it_is_opened() -> None:
    content = document(paragraph("so:"), quoted(9), paragraph("mine"), quoted(8))

    folded = laid_out(content)
    assert [line.text for line in folded][:5] == ["so:", "", "▸ 9 quoted lines", "", "mine"]
    assert folded[2].pieces[0].hit == Hit(Target.FOLD, 1)
    assert folded[-1].text == "▎ line 7"

    opened = laid_out(content, opened=frozenset({1}))
    assert [line.text for line in opened][2:5] == ["▾ 9 quoted lines", "▎ line 0", "▎ line 1"]


def test_a_letter_that_is_all_quote_is_not_folded() -> None:
    assert texts(document(quoted(20)))[0] == "▎ line 0"


def test_links_are_underlined_and_numbered() -> None:
    content = document(paragraph("see ", run("the tab", link=1), ". End"), links=("https://example.org/",))
    (line,) = laid_out(content)

    assert line.text == "see the tab\u00a0[1]. End"
    assert line.pieces[1].style & Style.UNDERLINE
    assert [piece.hit for piece in line.pieces] == [None, Hit(Target.LINK, 1), Hit(Target.LINK, 1), None]


def test_a_link_of_several_runs_has_one_number() -> None:
    content = document(
        paragraph(run("the ", link=1), run("second", Style.BOLD, 1), run(" tab", link=1)),
        links=("https://example.org/",),
    )

    assert texts(content) == ["the second tab\u00a0[1]"]


def test_a_link_that_pretends_another_host_says_where_it_leads() -> None:
    content = document(
        paragraph(run("www.bank.example/login", link=1)), links=("https://evil.test/www.bank.example",)
    )
    (line,) = laid_out(content, 60)

    assert line.text == "www.bank.example/login [1\u00a0→\u00a0evil.test]"
    assert line.pieces[-1].ink is Ink.WARNING


@pytest.mark.parametrize(
    ("text", "target", "host"),
    [
        ("www.shop.example", "https://shop.example/a", ""),
        ("https://shop.example/a", "https://click.shop.example/b", ""),
        ("shop.co.uk", "https://www.shop.co.uk/", ""),
        ("shop.co.uk", "https://evil.co.uk/", "evil.co.uk"),
        ("shop.example", "https://shop.example.evil.test/", "shop.example.evil.test"),
        ("https://shop.example", "https://shop.example@evil.test/", "evil.test"),
        ("the shop", "https://evil.test/", ""),
        ("anna@example.org", "mailto:anna@example.org", ""),
        ("shop.example", "mailto:anna@example.org", ""),
        ("shop.example", "https://[bad", "unclear"),
    ],
)
def test_only_a_text_that_looks_like_a_host_can_disguise_another(text: str, target: str, host: str) -> None:
    assert disguised(text, target) == host


def test_a_bare_address_takes_one_line_at_most() -> None:
    content = document(paragraph(run(LONG, link=1)), links=(LONG,))
    (line,) = laid_out(content, 60)

    assert line.width <= 60
    assert line.text.endswith("…\u00a0[1]")


def test_code_stands_on_its_own_ground_as_it_was_written() -> None:
    lines = laid_out(document(block(BlockKind.PREFORMATTED, "a   b\n\n  c")), 30)

    assert [line.text for line in lines] == ["a   b", "", "  c"]
    assert [line.fill for line in lines] == [30, 30, 30]


def test_code_may_be_wider_than_prose() -> None:
    wide = "x" * 118
    assert texts(document(block(BlockKind.PREFORMATTED, wide)), 120) == [wide]
    assert len(texts(document(paragraph(wide)), 120)) == 2


def test_a_paragraph_broken_by_its_sender_is_filled_where_its_lines_do_not_fit() -> None:
    content = document(
        paragraph("The first of two lines which were\nbroken at a width by the sender,\nand a last one.")
    )

    assert texts(content, 40)[0] == "The first of two lines which were"
    assert texts(content, 24) == [
        "The first of two lines",
        "which were broken at a",
        "width by the sender, and",
        "a last one.",
    ]


def test_a_short_list_of_lines_keeps_its_lines() -> None:
    content = document(paragraph("Quay 4\nThe Harbour Office at the very end of the long pier\nTown"))

    assert texts(content, 30)[0] == "Quay 4"
    assert texts(content, 30)[-1] == "Town"


def test_what_was_not_loaded_is_said_on_top() -> None:
    one = document(paragraph("x"), remote_images=1)
    some = document(paragraph("x"), remote_images=3, trackers=1)
    trackers = document(paragraph("x"), remote_images=2, trackers=2, notice=safe_text("Too large"))

    assert texts(one)[:2] == ["1 remote image blocked", ""]
    assert texts(some)[0] == "3 remote images blocked, 1 tracker"
    assert texts(trackers)[:3] == ["2 trackers blocked", "! Too large", ""]


def test_a_letter_without_text_says_so() -> None:
    assert texts(document()) == ["This message has no text"]


def test_the_plain_set_of_marks_is_used_throughout() -> None:
    content = document(
        paragraph(run("bank.example", link=1)),
        item("x"),
        paragraph("q", quote=1),
        block(BlockKind.RULE),
        links=("https://evil.test/",),
    )

    assert "".join(texts(content, 30, PLAIN_ICONS)).replace("\u00a0", " ").isascii()


@pytest.mark.parametrize("width", [20, 40, 60, 100, 200])
def test_no_line_is_wider_than_the_room_and_places_grow(width: int) -> None:
    lines = laid_out(FULL, width, opened=frozenset({2}))

    assert max(line.width for line in lines) <= width
    assert [line.place for line in lines] == sorted(line.place for line in lines)


def test_prose_keeps_to_a_hundred_cells() -> None:
    assert max(line.width for line in laid_out(FULL, 200)) <= 100


_kinds = st.sampled_from(list(BlockKind))
_words = st.text(alphabet=st.sampled_from("ab 日é\u0301👍\n\u00a0م-/"), max_size=60).map(safe_body)
_runs = st.lists(
    st.builds(
        lambda text, style, link: run(text, Style(style), link), _words, st.integers(0, 63), st.integers(0, 2)
    ),
    max_size=4,
)
_blocks = st.builds(
    lambda kind, runs, quote, level, tight: block(kind, *runs, quote=quote, level=level, tight=tight),
    _kinds,
    _runs,
    st.integers(0, 12),
    st.integers(0, 12),
    st.booleans(),
)


@given(st.lists(_blocks, max_size=12), st.integers(20, 90))
def test_any_document_fits_any_width(blocks: list[Block], width: int) -> None:
    content = document(*blocks, links=("https://example.org/", "https://other.test/"))
    lines = laid_out(content, width)

    assert lines
    assert all(line.width <= width for line in lines)
    assert [line.place for line in lines] == sorted(line.place for line in lines)
    assert not any("\n" in line.text for line in lines)
    assert all(isinstance(line.place, Place) for line in lines)
