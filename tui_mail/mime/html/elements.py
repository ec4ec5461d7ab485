"""What elements mean for the setting of their text, by their tag and by the few styles that carry meaning."""

import re
from dataclasses import replace

from tui_mail.mime.html.flow import Setting
from tui_mail.mime.html.hiding import tiny
from tui_mail.mime.html.nesting import tags
from tui_mail.model.document import BlockKind, Style

SKIPPED = tags(
    "head script style template svg math object embed iframe audio video canvas select datalist title map"
)
"""Elements whose text is not part of the letter."""

BLOCKS = tags(
    "html body div section article header footer main nav aside address center figure figcaption form"
    " fieldset legend details summary dl dt dd caption table thead tbody tfoot tr td th p h1 h2 h3 h4 h5 h6"
    " ul ol menu dir li blockquote pre listing xmp plaintext"
)
"""Elements that begin and end a block."""

LISTS = tags("ul ol menu dir")
CELLS = tags("table tr td th")

_WITH_MARGIN = tags("p h1 h2 h3 h4 h5 h6 dl blockquote pre listing table figure")
_HEADINGS = tags("h1 h2 h3 h4 h5 h6")
_PREFORMATTED = tags("pre listing xmp plaintext")
_STYLES = {
    **dict.fromkeys(tags("b strong th"), Style.BOLD),
    **dict.fromkeys(tags("i em cite dfn var"), Style.ITALIC),
    **dict.fromkeys(tags("u ins"), Style.UNDERLINE),
    **dict.fromkeys(tags("s strike del"), Style.STRIKE),
    **dict.fromkeys(tags("code tt kbd samp"), Style.CODE),
}
_SIGNATURE = re.compile(r"\b(?:gmail_signature|moz-signature)\b")
_OUTLOOK_PARAGRAPH = re.compile(r"\bmso(?:normal|listparagraph|plaintext)", re.IGNORECASE)
_MARGIN = re.compile(r"(?:^|[;\s])margin:([^;]*)")
_MARGIN_BOTTOM = re.compile(r"(?:^|[;\s])margin-bottom:\s*([^;\s]*)")
_NOTHING = re.compile(r"0(?:\.0*)?[a-z%]*")
_BOLD = re.compile(r"font-weight:\s*(?:bold|[6-9]00)")
_NOT_BOLD = re.compile(r"font-weight:\s*(?:normal|[1-4]00)")
_BLOCK_DISPLAY = re.compile(r"(?:^|[;\s])display:\s*(?:block|table|flex|grid|list-item)(?![\w-])")
_OUTLOOK_LINE = re.compile(
    r"border-top:\s*solid #(?:e1e1e1|b5c4df)|border:none;border-top:[^;]{0,20}#(?:e1e1e1|b5c4df)"
)


def is_block(tag: str, style: str) -> bool:
    """Tell whether an element begins and ends a block."""
    return tag in BLOCKS or (style != "" and _BLOCK_DISPLAY.search(style) is not None)


def opens_answered(style: str, id: str) -> bool:
    """Tell whether an element is where Outlook puts the header of the message that is answered."""
    return id == "divRplyFwdMsg" or ("border" in style and _OUTLOOK_LINE.search(style) is not None)


def has_margin(tag: str, style: str, classes: str) -> bool:
    """Tell whether blank lines stand around an element."""
    if tag not in _WITH_MARGIN:
        return False
    if found := _MARGIN_BOTTOM.search(style):
        return not _NOTHING.fullmatch(found[1])
    if found := _MARGIN.search(style):
        sides = found[1].split()
        return bool(sides) and not _NOTHING.fullmatch(sides[2] if len(sides) > 2 else sides[0])
    return not _OUTLOOK_PARAGRAPH.search(classes)


def changed(setting: Setting, tag: str, style: str, classes: str) -> Setting:
    """Return the setting inside an element."""
    letters = setting.style | _STYLES.get(tag, Style.PLAIN)
    small = setting.tiny
    keeps_lines = setting.keeps_lines
    if style:
        letters = _styled(letters, style)
        small = tiny(style, small)
        if "white-space:" in style:
            keeps_lines = "white-space:pre" in style or "white-space: pre" in style
    if (letters, small, keeps_lines) != (setting.style, setting.tiny, setting.keeps_lines):
        setting = replace(setting, style=letters, tiny=small, keeps_lines=keeps_lines)
    if tag in _HEADINGS:
        return replace(setting, kind=BlockKind.HEADING, level=int(tag[1]))
    if tag in _PREFORMATTED:
        return replace(setting, kind=BlockKind.PREFORMATTED)
    if tag == "blockquote":
        return replace(setting, quote=setting.quote + 1, kind=BlockKind.PARAGRAPH, level=0)
    if tag == "li":
        return replace(setting, kind=BlockKind.ITEM, level=max(setting.lists, 1))
    if tag in LISTS:
        return replace(setting, lists=setting.lists + 1)
    if classes and _SIGNATURE.search(classes):
        return replace(setting, kind=BlockKind.SIGNATURE)
    return setting


def _styled(letters: Style, style: str) -> Style:
    if _BOLD.search(style):
        letters |= Style.BOLD
    elif _NOT_BOLD.search(style):
        letters &= ~Style.BOLD
    if "font-style:italic" in style:
        letters |= Style.ITALIC
    if "text-decoration:line-through" in style:
        letters |= Style.STRIKE
    return letters
