"""A scroll bar half a cell wide."""

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender

MARK = "▐"
GROUND, THUMB = Color.default(), Color.parse("white")


class ThinBar(ScrollBarRender):
    """Draws the thumb as a half block at the right edge; the track is the ground."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: Color = GROUND,
        bar_color: Color = THUMB,
    ) -> Segments:
        """Return the bar, a cell a line; clicks on the track turn a page."""
        if not vertical or not size or virtual_size <= window_size:
            return Segments([Segment(" ", Style(bgcolor=back_color))] * size, new_lines=vertical)
        length = max(1, round(size * window_size / virtual_size))
        start = min(size - length, round((size - length) * position / max(1, virtual_size - window_size)))
        up, down = ({"@mouse.down": f"scroll_{way}"} for way in ("up", "down"))
        ground = Style(bgcolor=back_color)
        above = Segment(" " * thickness, ground + Style.from_meta(up))
        held = ground + Style(color=bar_color) + Style.from_meta({"@mouse.down": "grab"})
        thumb = Segment(MARK.rjust(thickness), held)
        below = Segment(" " * thickness, ground + Style.from_meta(down))
        return Segments(
            [above] * start + [thumb] * length + [below] * (size - start - length), new_lines=True
        )
