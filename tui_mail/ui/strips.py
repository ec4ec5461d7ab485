"""Painted rows, kept by everything that alters their look, so that scrolling repaints nothing twice."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

from textual.strip import Strip

MOST = 1_024


class Strips:
    """A bounded store of strips."""

    def __init__(self) -> None:
        self._strips: OrderedDict[Hashable, Strip] = OrderedDict()

    def get(self, key: Hashable, paint: Callable[[], Strip]) -> Strip:
        """Return the strip of a key, painting it if it is not at hand."""
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = paint()
            if len(self._strips) > MOST:
                self._strips.popitem(last=False)
        else:
            self._strips.move_to_end(key)
        return strip

    def clear(self) -> None:
        """Forget all: width, theme or view changed."""
        self._strips.clear()
