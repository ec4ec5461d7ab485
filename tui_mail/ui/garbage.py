"""When Python collects garbage: never while keys come.

What lives after the start is frozen; automatic collection is off. Young objects are collected once no key
came for `QUIET` seconds, all of them after `IDLE` seconds or when very many have piled up.
"""

import gc
import time

QUIET = 0.3
IDLE = 5.0
MOST_YOUNG = 200_000
TICK = 0.25
"""Seconds between two looks at the clock."""


class Collector:
    """Collects when nobody is looking."""

    def __init__(self) -> None:
        self._last_key = time.monotonic()
        self._young_done = self._all_done = True

    def begin(self) -> None:
        """Freeze what the start left and turn automatic collection off."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def end(self) -> None:
        """Leave collecting to Python again."""
        gc.unfreeze()
        gc.enable()

    def key(self) -> None:
        """Note that a key came."""
        self._last_key = time.monotonic()
        self._young_done = self._all_done = False

    def tick(self) -> None:
        """Collect if this is a good moment."""
        quiet = time.monotonic() - self._last_key
        if gc.get_count()[0] > MOST_YOUNG or (quiet > IDLE and not self._all_done):
            gc.collect()
            self._young_done = self._all_done = True
        elif quiet > QUIET and not self._young_done:
            gc.collect(1)
            self._young_done = True
