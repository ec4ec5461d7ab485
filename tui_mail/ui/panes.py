"""Folders, list and reader on the screen: where they stand, how large they are, which one has the focus."""

from typing import TYPE_CHECKING

from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from tui_mail.model.safe_text import safe_text
from tui_mail.model.settings import Layout
from tui_mail.ui.arrangement import Arrangement, Split, arrange
from tui_mail.ui.commands import Scope
from tui_mail.ui.format import Icons
from tui_mail.ui.widgets.divider import Divider

if TYPE_CHECKING:
    from tui_mail.ui.screens.main import MainScreen

TREE_WIDTH, LEAST_TREE = 26, 16
LEAST_WIDTH, LEAST_HEIGHT = 24, 5
"""Neither list nor reader gets smaller."""
STEP = {Split.ROWS: 2, Split.COLUMNS: 4}
"""Cells that a key moves the rule by."""


class Panes:
    """Places the panes; message, cursor, scroll and focus stay whatever the size."""

    def __init__(self, main: "MainScreen", icons: Icons, wanted: Layout) -> None:
        self._main = main
        self._wanted = wanted
        self.arrangement = Arrangement(True, Split.ROWS)
        self._shares = {Split.ROWS: 0.4, Split.COLUMNS: 0.45}
        """What the list takes of the place beside the tree."""
        self._tree_width = TREE_WIDTH
        self._front = Scope.LIST
        """The pane that shows where only one does."""
        self._edge = Divider(icons, id="tree-edge", drawn=False)
        self._rule = Divider(icons, id="rule")
        self._list = Vertical(main.title_bar, main.search.line, main.messages, id="list-pane")
        self._mail = Container(self._list, self._rule, main.letter, id="mail")
        self.row = Horizontal(main.folders, self._edge, self._mail, id="panes")

    def place(self) -> None:
        """Give every pane its place."""
        main = self._main
        placed = self.arrangement = arrange(main.size.width, main.size.height, self._wanted)
        split, reading = placed.split, self._front is Scope.READER
        drawer = self._front is Scope.TREE and not placed.tree
        main.set_class(drawer, "-drawer")
        main.set_class(not placed.readable, "-small")
        main.set_class(split is Split.NONE, "-single")
        main.folders.display = placed.tree or drawer
        main.folders.styles.width = self._tree_width
        self._edge.display = placed.tree
        self._list.display = split is not Split.NONE or not reading
        self._rule.display = split is not Split.NONE
        main.letter.display = split is not Split.NONE or reading
        self._share_out(split)
        main.messages.set_cosy(placed.cosy)
        if placed.readable and main.focused is None:
            main.call_after_refresh(lambda: main.set_focus(self._widget(self._front)))

    def _share_out(self, split: Split) -> None:
        share = f"{100 * self._shares.get(split, 1.0):.2f}%"
        self._mail.styles.layout = "horizontal" if split is Split.COLUMNS else "vertical"
        self._list.styles.width = share if split is Split.COLUMNS else "100%"
        self._list.styles.height = share if split is Split.ROWS else "100%"
        self._rule.upright = split is Split.COLUMNS
        self._rule.styles.width = 1 if split is Split.COLUMNS else "100%"
        self._rule.styles.height = "100%" if split is Split.COLUMNS else 1

    def focus(self, pane: Scope) -> None:
        """Bring a pane to the front and give it the focus; no page hides it."""
        self._main.pages.uncover()
        self._front = pane
        self.place()
        self._main.set_focus(self._widget(pane))

    def focused(self) -> Scope:
        """Return the pane that has the focus."""
        main = self._main
        for pane in (Scope.TREE, Scope.LIST, Scope.READER):
            if main.focused is self._widget(pane):
                return pane
        return self._front

    def follow_focus(self) -> None:
        """Bring to the front what got the focus by itself, such as by a click."""
        if self._front is not self.focused():
            self._front = self.focused()
            self.place()

    def focus_next(self, step: int) -> None:
        """Go to the next pane in the order tree, list, reader; an empty reader is passed over."""
        order = [Scope.TREE, Scope.LIST, *([Scope.READER] if self._main.opening.id is not None else [])]
        here = self.focused()
        self.focus(order[(order.index(here) + step) % len(order)] if here in order else Scope.LIST)

    def next_layout(self) -> None:
        """Try the next layout, and keep it."""
        layouts = list(Layout)
        self._wanted = layouts[(layouts.index(self._wanted) + 1) % len(layouts)]
        self.place()
        self._main.save_setting("layout", self._wanted)
        self._main.say(safe_text(f"Layout: {self._wanted}"))

    def resize(self, step: int) -> None:
        """Make the list larger or smaller by a step."""
        split = self.arrangement.split
        if split is not Split.NONE:
            self._share(self._shares[split] + step * STEP[split] / max(1, self._length(split)))

    def dragged(self, event: Divider.Dragged) -> None:
        """Move a border to where the mouse drew it."""
        split, area = self.arrangement.split, self._mail.region
        if event.divider is self._edge:
            self._tree_width = max(LEAST_TREE, min(event.x, self._main.size.width // 3))
            self.place()
        elif split is Split.ROWS:
            self._share((event.y - area.y) / max(1, area.height))
        elif split is Split.COLUMNS:
            self._share((event.x - area.x) / max(1, area.width))

    def _share(self, share: float) -> None:
        """Give the list a share, but leave both the least they need."""
        split = self.arrangement.split
        least = LEAST_HEIGHT if split is Split.ROWS else LEAST_WIDTH
        whole = self._length(split)
        if whole > 2 * least:
            self._shares[split] = max(least / whole, min(share, 1 - least / whole))
            self.place()

    def _length(self, split: Split) -> int:
        return self._mail.size.height if split is Split.ROWS else self._mail.size.width

    def _widget(self, pane: Scope) -> Widget:
        if pane is Scope.TREE:
            return self._main.folders
        return self._main.letter if pane is Scope.READER else self._main.messages
