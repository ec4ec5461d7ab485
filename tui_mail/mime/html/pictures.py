"""Pictures of a mail: none is ever loaded; some have a name to show, some are there to watch the reader."""

import re
from collections.abc import Mapping

NAME_LIMIT = 200

_PIXELS = re.compile(r"\s*(\d{1,6})(?:\.\d+)?\s*(?:px)?\s*$")
_STYLED = re.compile(r"(?:^|[;\s])(width|height):(\d{1,6})(?:px)?(?:[;\s!]|$)")
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_REMOTE_GROUND = re.compile(r"url\(\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)


def is_remote(address: str) -> bool:
    """Tell whether loading from this address would reach out to a server."""
    return _REMOTE.match(address) is not None


def remote_grounds(attributes: Mapping[str, str | None], style: str) -> int:
    """Return how many background pictures an element would load."""
    grounds = len(_REMOTE_GROUND.findall(style)) if "url(" in style else 0
    return grounds + is_remote(attributes.get("background") or "")


def is_tracker(attributes: Mapping[str, str | None], style: str) -> bool:
    """Tell whether a picture is of at most two pixels, and so not made to be seen."""
    sides = dict(_STYLED.findall(style)) if style else {}
    for side in ("width", "height"):
        found = _PIXELS.match(attributes.get(side) or "")
        if found:
            sides.setdefault(side, found[1])
    return bool(sides) and max(map(int, sides.values())) <= 2
