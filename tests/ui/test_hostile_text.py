"""Escapes and markup in every place of a letter, as far as the reader: nothing of them is obeyed."""

import pytest
from rich.console import Console
from textual.content import Content
from textual.widgets import Static

from tests.hostile import CONTROLS, ESCAPES, MARKUP
from tests.ui.documents import address, attachment, block, document, letter, paragraph, run
from tests.ui.reading import Reader, reader
from tui_mail.model.document import BlockKind
from tui_mail.model.message import Letter
from tui_mail.model.safe_text import safe_identity, safe_text
from tui_mail.ui.format import content, text
from tui_mail.ui.terminal import Gate

SIZE = (100, 60)
PLACES = ("T{}T", "N{}N", "P{}P", "Q{}Q", "H{}H", "I{}I", "C{}", "L{}L", "S{}S", "O{}O", "f{}.txt")


def poisoned(payload: str) -> Letter:
    """A letter with the payload wherever a sender can put one."""
    person = address(f"N{payload}N", f"a{payload}@example.org")
    body = document(
        paragraph(f"P{payload}P"),
        paragraph(f"Q{payload}Q", quote=2),
        block(BlockKind.HEADING, f"H{payload}H", level=1),
        block(BlockKind.ITEM, f"I{payload}I", level=1, marker=safe_text(payload)),
        block(BlockKind.PREFORMATTED, f"C{payload}\nC"),
        paragraph(run(f"L{payload}L", link=1)),
        block(BlockKind.SIGNATURE, f"S{payload}S"),
        links=(f"https://example.org/{payload}",),
        notice=safe_text(f"O{payload}O"),
        remote_images=1,
    )
    return letter(
        subject=safe_text(f"T{payload}T"),
        sender=(person,),
        reply_to=(address(payload, f"r{payload}@example.org"),),
        to=(person,),
        cc=(person,),
        fields=((safe_text(f"X-{payload}"), safe_text(payload)),),
        attachments=(attachment(f"f{payload}.txt"),),
        document=body,
    )


def written(app: Reader) -> str:
    """What a terminal would get for the whole reader."""
    console = Console(force_terminal=True, color_system="truecolor")
    return "".join(app.view.render_line(y).render(console) for y in range(SIZE[1]))


@pytest.mark.parametrize("payload", ESCAPES.values(), ids=ESCAPES)
@pytest.mark.parametrize("unfolded", [False, True], ids=["few headers", "all headers"])
async def test_no_escape_reaches_the_terminal(payload: str, unfolded: bool) -> None:
    async with reader(poisoned(payload), SIZE) as (app, _):
        if unfolded:
            app.view.toggle_headers()
        shown = "".join(app.lines())
        gate = Gate()

        assert not CONTROLS.search(shown)
        assert gate(written(app)) == written(app)
        assert gate.stopped == 0
        assert "\x1b]8;;file" not in written(app)
        assert "52;c" not in written(app).replace("␛]52;c", "").replace("⟨009D⟩52;c", "").replace("%", "")


@pytest.mark.parametrize("payload", MARKUP)
async def test_markup_stands_as_it_was_written(payload: str) -> None:
    async with reader(poisoned(payload), SIZE) as (app, _):
        app.view.toggle_headers()
        shown = "\n".join(app.lines())

        for place in PLACES:
            assert place.format(payload) in shown


async def test_a_button_of_the_senders_is_none() -> None:
    async with reader(poisoned("[@click=app.quit]x[/]"), SIZE) as (app, pilot):
        for y, line in enumerate(app.lines()):
            if "@click" in line:
                await pilot.click(app.view, offset=(line.index("@click"), y))
        assert app.is_running


@pytest.mark.parametrize("payload", MARKUP)
async def test_a_sentence_of_a_server_is_no_markup_either(payload: str) -> None:
    async with reader(None) as (app, _):
        app.view.show_placeholder(safe_text(payload))
        assert payload in "\n".join(app.lines())
        await app.view.show(letter(document=None))
        app.view.show_waiting(safe_text(payload))
        assert payload in "\n".join(app.lines())


@pytest.mark.parametrize("payload", MARKUP)
async def test_content_and_labels_take_markup_as_text(payload: str) -> None:
    safe = safe_text(payload)
    made = content(safe, (safe, "bold"))

    assert isinstance(made, Content)
    assert made.plain == payload * 2
    assert text(safe, "bold").plain == payload
    async with reader(None) as (app, pilot):
        await app.mount(label := Static(made))
        await pilot.pause()
        assert label.render().plain == payload * 2  # type: ignore[union-attr]


@pytest.mark.parametrize("payload", ESCAPES.values(), ids=ESCAPES)
def test_text_made_safe_holds_no_control(payload: str) -> None:
    for safe in (safe_text(payload), safe_identity(payload)):
        assert not CONTROLS.search(content(safe).plain)
