"""What a mail hides: inline styles and simple rules of its style sheets (class, id and order only).

`font-size:0` on a wrapper hides nothing by itself: it is inherited as *tiny* until a child gives a size
again, since generators put it around whole layouts.
"""

import re
from collections.abc import Iterable, Iterator

_NONE = re.compile(
    r"(?:^|[;\s])(?:display:none(?![\w-])|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0(?:\.0+)?(?![.\d])"
    r"|max-height:0(?:\.0+)?(?:px|pt|em|%)?(?![.\d]))"
)
_SHOWN = re.compile(r"(?:^|[;\s])display:(?!none)[a-z]")
_BOX_OF_NOTHING = re.compile(r"(?:^|[;\s])(?:height|width):0(?:px)?(?:[;\s!]|$)")
_SIZE = re.compile(r"(?:^|[;\s])font-size:(\d{0,4}(?:\.\d{1,3})?)\s*([a-z%]*)")
_AROUND_COLON = re.compile(r"\s*:\s*")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_SIMPLE = re.compile(r"[a-z0-9]*([.#][a-z0-9_-]+)", re.IGNORECASE)

STYLE_SHEET_LIMIT = 400_000
"""Characters of style sheets that are looked at."""


def tidy(style: str) -> str:
    """Return a style attribute in lower case without spaces around its colons."""
    return _AROUND_COLON.sub(":", style.lower().strip())


def hides(style: str) -> bool:
    """Tell whether a tidy style hides its element."""
    if _NONE.search(style):
        return True
    return "overflow:hidden" in style and _BOX_OF_NOTHING.search(style) is not None


def tiny(style: str, inherited: bool) -> bool:
    """Tell whether text is too small to be meant for reading: at most two pixels."""
    found = _SIZE.search(style)
    if found is None or not found[1] or found[1] == ".":
        return inherited
    size, unit = float(found[1]), found[2]
    if unit in ("px", "pt", ""):
        return size <= 2
    return size == 0 or (inherited and unit in ("em", "%"))


class StyleSheet:
    """The classes and ids that the style elements of a mail hide."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._hidden: dict[str, bool] = {}
        for selectors, declarations in _rules("\n".join(sheets)[:STYLE_SHEET_LIMIT]):
            style = tidy(declarations)
            hidden = hides(style)
            if hidden or _SHOWN.search(style):
                for selector in selectors.split(","):
                    if simple := _SIMPLE.fullmatch(selector.strip()):
                        self._hidden[simple[1].lower()] = hidden

    def hides(self, classes: str, id: str, style: str) -> bool:
        """Tell whether an element is hidden by its classes or its id and not shown again by its own style."""
        if not self._hidden or _SHOWN.search(style):
            return False
        names = [f".{name}" for name in classes.lower().split()] + [f"#{id.lower()}"]
        return any(self._hidden.get(name, False) for name in names)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield (selectors, declarations) of the rules outside every @-block."""
    sheet = _COMMENT.sub(" ", sheet)
    depth = start = 0
    selectors = ""
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            if depth == 0:
                selectors = sheet[start : brace.start()].rpartition(";")[2].strip()
                start = brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not selectors.startswith("@"):
                    yield selectors, sheet[start : brace.start()]
                start = brace.end()
