import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.ui.documents import FULL, attachment, block, document, letter, paragraph, run
from tests.ui.reading import Reader, reader, until
from tui_mail.model.document import BlockKind
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui import theme
from tui_mail.ui.widgets.message_view import SLICE, MessageView

DUMPS = Path(__file__).parent / "dumps"
LINES = document(*(paragraph(f"Paragraph {n}: " + "words and more words " * 6) for n in range(60)))
HUGE = document(block(BlockKind.PREFORMATTED, "\n".join(f"line {n}" for n in range(3 * SLICE))))


@pytest.mark.parametrize("width", [60, 80, 100, 200])
async def test_a_letter_looks_as_it_did(width: int) -> None:
    async with reader(letter(), (width, 60)) as (app, _):
        shown = "\n".join(app.lines()).rstrip() + "\n"

    path = DUMPS / f"reader-{width}.txt"
    if os.environ.get("UPDATE_DUMPS"):
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")


async def test_a_letter_looks_as_it_did_in_plain_marks() -> None:
    async with reader(letter(), (60, 60), ascii=True) as (app, _):
        shown = "\n".join(app.lines()).rstrip() + "\n"

    path = DUMPS / "reader-60-plain.txt"
    if os.environ.get("UPDATE_DUMPS"):
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8")


async def test_pages_turn_to_the_end_and_back() -> None:
    async with reader(letter(document=LINES)) as (app, _):
        view, pages = app.view, 0
        while view.page_down():
            pages += 1
        assert pages > 3
        assert app.lines()[-1]
        assert view.scroll_offset.y == view.max_scroll_y

        while view.page_up():
            pages -= 1
        assert pages == 0
        assert view.scroll_offset.y == 0


async def test_a_short_letter_is_at_its_end_at_once() -> None:
    async with reader(letter(document=document(paragraph("Yes.")))) as (app, _):
        assert not app.view.page_down()
        assert not app.view.page_up()


async def test_another_letter_begins_at_its_top_and_the_same_keeps_its_place() -> None:
    async with reader(letter(document=LINES)) as (app, _):
        app.view.scroll_line(30)
        await app.view.show(letter(document=LINES))
        assert app.view.scroll_offset.y == 30

        await app.view.show(letter(id=2, document=LINES))
        assert app.view.scroll_offset.y == 0


async def test_another_width_keeps_the_place() -> None:
    async with reader(letter(document=LINES), (100, 24)) as (app, pilot):
        wanted = next(n for n, line in enumerate(app.view._lines) if line.text.startswith("Paragraph 30"))
        app.view.scroll_line(wanted)
        for width in (50, 140, 30, 100):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert app.lines()[0].strip().startswith("Paragraph 30")


async def test_a_long_letter_shows_its_first_screen_before_the_rest_is_laid_out() -> None:
    async with reader(letter(document=HUGE)) as (app, pilot):
        assert app.lines()[5].strip() == "line 0"
        assert len(app.view._lines) >= app.view.size.height
        await until(pilot, lambda: app.view._more is None)
        assert app.view.virtual_size.height > 3 * SLICE

        app.view.scroll_end(animate=False)
        await pilot.pause()
        assert app.lines()[-1].strip() == f"line {3 * SLICE - 1}"


async def test_a_letter_replaced_while_it_is_laid_out_leaves_nothing_behind() -> None:
    async with reader(letter(document=HUGE)) as (app, pilot):
        await app.view.show(letter(id=2, document=HUGE))
        await app.view.show(letter(id=3, document=document(paragraph("Yes."))))
        await until(pilot, lambda: not app.workers._workers)

        assert app.lines()[5].strip() == "Yes."
        assert app.view.virtual_size.height == 6


def fold_line(app: Reader) -> int:
    return next(y for y, line in enumerate(app.lines()) if "quoted lines" in line)


async def test_a_click_opens_a_folded_quote_and_folds_it_again() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        y = fold_line(app)
        assert app.lines()[y] == "  ▸ 11 quoted lines"
        await pilot.click(MessageView, offset=(5, y))
        assert app.lines()[y : y + 2] == ["  ▾ 11 quoted lines", "  ▎ Line 1 of an older letter."]
        await pilot.click(MessageView, offset=(5, y))
        assert app.lines()[y] == "  ▸ 11 quoted lines"


async def test_enter_opens_the_first_folded_quote_in_sight() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        app.view.focus()
        y = fold_line(app)
        await pilot.press("enter")
        assert app.lines()[y] == "  ▾ 11 quoted lines"


async def test_all_quotes_open_and_fold_together() -> None:
    async with reader(letter(), (80, 60)) as (app, _):
        y = fold_line(app)
        app.view.toggle_quotes()
        assert app.lines()[y] == "  ▾ 11 quoted lines"
        app.view.toggle_quotes()
        assert app.lines()[y] == "  ▸ 11 quoted lines"


async def test_all_headers_unfold_and_fold() -> None:
    async with reader(letter(), (80, 60)) as (app, _):
        app.view.toggle_headers()
        assert app.lines()[2] == "  From              Anna Weber <anna@example.org>"
        app.view.toggle_headers()
        assert app.lines()[2] == "  to me, Lena Fuchs   cc Ravi"


async def test_a_click_on_a_link_or_its_number_chooses_its_target() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        y = next(y for y, line in enumerate(app.lines()) if "[1]" in line)
        for word in ("second", "[1]"):
            await pilot.click(MessageView, offset=(app.lines()[y].index(word), y))
            await until(pilot, lambda: app.posted)
            chosen = app.posted.pop()
            assert isinstance(chosen, MessageView.LinkChosen)
            assert chosen.url == "https://example.org/sheet"

        await pilot.click(MessageView, offset=(5, y))
        await pilot.pause()
        assert not app.posted


async def test_a_click_on_an_attachment_chooses_it() -> None:
    parts = (attachment("a.txt"), attachment("b.txt"))
    async with reader(letter(attachments=parts), (80, 60)) as (app, pilot):
        await pilot.click(MessageView, offset=(app.lines()[3].index("b.txt"), 3))
        await until(pilot, lambda: app.posted)
        assert isinstance(app.posted[0], MessageView.AttachmentChosen)
        assert app.posted[0].path == parts[1].path


async def test_no_address_stands_in_what_a_click_carries() -> None:
    async with reader(letter(), (80, 60)) as (app, _):
        for y in range(60):
            for segment in app.view.render_line(y):
                assert "example" not in str(segment.style and segment.style.meta)


async def test_dragging_selects_across_lines() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        lines = app.lines()
        first = next(y for y, line in enumerate(lines) if "the figures" in line)
        await pilot.mouse_down(MessageView, offset=(lines[first].index("figures"), first))
        await pilot.hover(MessageView, offset=(10, first + 1))
        await pilot.mouse_up(MessageView, offset=(10, first + 1))
        await pilot.pause()

        selected = app.screen.get_selected_text()
        expected = "\n".join(line[2:] for line in lines[first : first + 2])
        assert selected is not None
        assert selected.startswith("figures you asked for")
        assert "\n" in selected
        assert selected in expected

        painted = [segment for segment in app.view.render_line(first) if segment.text.startswith("figures")]
        plain = [segment for segment in app.view.render_line(first) if segment.text.startswith("the ")]
        assert painted[0].style is not None
        assert plain[0].style is not None
        assert painted[0].style.bgcolor != plain[0].style.bgcolor


async def test_another_theme_needs_no_new_layout() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        before, lines = app.lines(), app.view._lines
        link = next(y for y, line in enumerate(before) if "[1]" in line)
        colours = [segment.style.color for segment in app.view.render_line(link) if segment.style]
        theme.install(app, "paper")
        await pilot.pause()

        assert app.view._lines is lines
        assert app.lines() == before
        assert [segment.style.color for segment in app.view.render_line(link) if segment.style] != colours


async def test_the_focus_is_seen_beside_the_subject() -> None:
    async with reader(letter()) as (app, pilot):
        app.view.focus()
        await pilot.pause()
        assert app.lines()[0].startswith("▌ Budget for May")

        app.screen.set_focus(None)
        await pilot.pause()
        assert app.lines()[0].startswith("  Budget for May")


async def test_while_the_text_is_absent_the_head_stands_and_waiting_is_said_a_little_later() -> None:
    async with reader(letter(document=None, size=1_200_000)) as (app, pilot):
        assert "Budget for May" in app.lines()[0]
        assert app.lines()[5] == ""
        await until(pilot, lambda: app.lines()[5].strip() == "Fetching 1.2 MB")

        app.view.show_waiting(SafeText("The server is silent"))
        assert app.lines()[5].strip() == "The server is silent"
        await app.view.show(letter(document=FULL))
        assert app.lines()[5].strip() == "3 remote images blocked, 1 tracker"


async def test_a_text_that_comes_in_time_is_not_announced() -> None:
    async with reader(letter(document=None)) as (app, pilot):
        await app.view.show(letter())
        await pilot.pause(0.2)
        assert not any("Fetching" in line for line in app.lines())


async def test_nothing_or_a_sentence_stands_in_place_of_a_letter() -> None:
    async with reader(None) as (app, _):
        assert not any(app.lines())
        app.view.show_placeholder(safe_text("[bold]Nothing[/] is open"))
        assert [line.strip() for line in app.lines() if line] == ["[bold]Nothing[/] is open"]
        await app.view.show(letter())
        app.view.show_placeholder(safe_text("日" * 100))
        assert all(app.view.render_line(y).cell_length == 79 for y in range(24))


async def test_every_line_is_as_wide_as_the_reader() -> None:
    wild = document(
        paragraph("👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3 👍🏽 🏳\ufe0f\u200d🌈 " * 20),
        paragraph("日本語、テキスト。" * 30, quote=3),
        paragraph("e\u0301\u0302\u0303" * 90),
        paragraph("مرحبا بكم ", run("في الميناء", link=1), " اليوم " * 30),
        links=("https://example.org/",),
    )
    for width in (24, 40, 61, 120):
        async with reader(letter(document=wild), (width, 60)) as (app, _):
            assert {app.view.render_line(y).cell_length for y in range(60)} == {width - 1}


async def test_selecting_all_takes_the_whole_text() -> None:
    async with reader(letter(document=LINES), (80, 24)) as (app, _):
        app.view.text_select_all()
        selected = app.screen.get_selected_text()

        assert selected is not None
        assert selected.startswith("Budget for May\nAnna Weber")
        assert "Paragraph 59" in selected


async def test_a_link_leads_to_the_letter_it_stands_in() -> None:
    console = Console(force_terminal=True)

    def hyperlinks(app: Reader) -> set[str]:
        shown = "".join(app.view.render_line(y).render(console) for y in range(24))
        return set(re.findall(r"\x1b\]8;[^;]*;(https[^\x1b]*)", shown))

    one, other = (
        document(paragraph(run("here", link=1)), links=(f"https://{name}.example/",))
        for name in ("one", "other")
    )
    async with reader(letter(document=one)) as (app, _):
        assert hyperlinks(app) == {"https://one.example/"}
        await app.view.show(letter(id=2, document=other))
        assert hyperlinks(app) == {"https://other.example/"}


async def test_plain_marks_come_without_hyperlinks() -> None:
    async with reader(letter(), ascii=True) as (app, _):
        for y in range(24):
            assert "\x1b]8" not in app.view.render_line(y).render(Console(force_terminal=True))


async def test_a_link_can_be_clicked_after_text_was_selected() -> None:
    async with reader(letter(), (80, 60)) as (app, pilot):
        app.view.text_select_all()
        y = next(y for y, line in enumerate(app.lines()) if "[1]" in line)
        await pilot.click(MessageView, offset=(app.lines()[y].index("[1]"), y))
        await until(pilot, lambda: app.posted)
