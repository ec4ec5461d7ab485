"""A panel over the main screen: no frame, a ground of its own, Esc leaves."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, ScreenResultType


class Panel(ModalScreen[ScreenResultType | None]):
    """Asks for something; leaving it means None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]
