"""From values to what stands on the screen: widths, dates, sizes, marks, and content for widgets.

Widgets get `Content` or `Text` made here, never a `str` of a letter's, because a `str` is parsed as markup.
Widths are Rich's, since Textual crops by them. Where terminals differ from Rich (families of emoji, skin
tones, variation selectors, joiners between letters), text of one line is first made `steady`, so that a row
is as wide everywhere. Dates are in English whatever the locale says, as all words of the program are.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.content import Content
from textual.style import Style

from tui_mail.model.folder import Role
from tui_mail.model.safe_text import SafeText

Part = SafeText | Content | tuple[SafeText, str | Style]
"""A piece of content: text as it is, content, or text with a style."""

ELLIPSIS = "…"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
_LATEST = datetime(9999, 12, 29, tzinfo=UTC)
_WAVERING = re.compile(
    "\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?"  # what a joiner adds to an emoji
    "|\u200d|[\ufe0e\ufe0f]|[\U0001f3fb-\U0001f3ff]"  # joiners between letters, selectors, skin tones
)


def cells(text: str) -> int:
    """Return how many columns `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def steady(text: SafeText) -> SafeText:
    """Return `text` without what terminals draw in different widths: of a joined emoji the first remains."""
    return text if text.isascii() else SafeText(_WAVERING.sub("", text))


def clip(text: SafeText, width: int) -> SafeText:
    """Return `text` steady and at most `width` cells wide, with "…" where something was cut."""
    text = steady(text)
    if cells(text) <= width:
        return text
    return SafeText(set_cell_size(text, width - 1).rstrip() + ELLIPSIS if width > 0 else "")


def fit(text: SafeText, width: int) -> SafeText:
    """Return `text` clipped and padded to exactly `width` cells."""
    text = clip(text, width)
    return SafeText(text + " " * (width - cells(text)))


def content(*parts: Part) -> Content:
    """Join safe pieces to the content of a widget; brackets in them stay brackets."""
    return Content.assemble(*parts)


def text(safe: SafeText, style: str = "") -> Text:
    """Return a label for the widgets that take Rich's text."""
    return Text(safe, style=style, no_wrap=True, end="")


def moment(epoch: float, zone: tzinfo | None = None) -> datetime:
    """Return a point in time in `zone` (None = this machine's), brought within the years a calendar has."""
    try:
        found = _EPOCH + timedelta(seconds=epoch)
    except OverflowError:
        found = _LATEST if epoch > 0 else _EARLIEST
    return max(_EARLIEST, min(found, _LATEST)).astimezone(zone)


def relative_date(epoch: float, now: float, zone: tzinfo | None = None) -> SafeText:
    """Return a date in at most seven cells, the shorter the nearer: now, 14:02, Yest., Mon …"""
    if abs(now - epoch) < 60:
        return SafeText("now")
    then, today = moment(epoch, zone), moment(now, zone).date()
    days = (today - then.date()).days
    if days == 0:
        return SafeText(_time(then))
    if days == 1:
        return SafeText("Yest.")
    if 2 <= days <= 6:
        return SafeText(WEEKDAYS[then.weekday()])
    if then.year == today.year:
        return SafeText(_day(then))
    return SafeText(f"{then.month:02}/{then.year}")


def full_date(epoch: float, now: float, zone: tzinfo | None = None) -> SafeText:
    """Return a date in full, such as "Tue 12 May, 14:02", with its year unless that is this one."""
    then = moment(epoch, zone)
    year = "" if then.year == moment(now, zone).year else f" {then.year}"
    return SafeText(f"{WEEKDAYS[then.weekday()]} {_day(then)}{year}, {_time(then)}")


def _time(then: datetime) -> str:
    return f"{then.hour}:{then.minute:02}"


def _day(then: date) -> str:
    return f"{then.day} {MONTHS[then.month - 1]}"


def size_label(octets: int) -> SafeText:
    """Return a size in the largest fitting unit of a thousand: 812 B, 48 kB, 1.2 MB."""
    size, unit = float(octets), "B"
    for larger in ("kB", "MB", "GB"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    tenths = unit in ("MB", "GB") and size < 9.95
    return SafeText(f"{size:.1f} {unit}" if tenths else f"{size:.0f} {unit}")


@dataclass(frozen=True, slots=True)
class Icons:
    """The marks of the screen, each one cell wide."""

    ascii: bool
    """True for the plain set, for terminals that draw some of the others two cells wide."""
    bar: SafeText
    """At the left edge of what is under the cursor, in the pane that has the focus."""
    bar_dim: SafeText
    """The same in the other panes."""
    selected: SafeText
    unread: SafeText
    star: SafeText
    replied: SafeText
    forwarded: SafeText
    snoozed: SafeText
    attachment: SafeText
    folded: SafeText
    unfolded: SafeText
    branch: SafeText
    """Before an answer in an unfolded conversation."""
    starred: SafeText
    """The view of all that is starred."""
    outbox: SafeText
    roles: tuple[SafeText, ...]
    """Folders, one mark for each `Role` by its number."""
    done: SafeText
    newer: SafeText
    """Beside a count of what is further up."""
    syncing: SafeText
    waiting: SafeText
    offline: SafeText
    warning: SafeText
    quote: SafeText
    """At the left of quoted text, once a level."""
    rule: SafeText
    bullet: SafeText

    def role(self, role: Role) -> SafeText:
        """Return the mark of a folder."""
        return self.roles[role]

    @classmethod
    def of(cls, *, ascii: bool) -> "Icons":
        """Return the plain set or the full one."""
        return PLAIN_ICONS if ascii else ICONS


ICONS = Icons(
    ascii=False,
    bar=SafeText("▌"),
    bar_dim=SafeText("▏"),
    selected=SafeText("✓"),
    unread=SafeText("●"),
    star=SafeText("★"),
    replied=SafeText("↩"),
    forwarded=SafeText("→"),
    snoozed=SafeText("◷"),
    attachment=SafeText("+"),
    folded=SafeText("▸"),
    unfolded=SafeText("▾"),
    branch=SafeText("└"),
    starred=SafeText("★"),
    outbox=SafeText("⇡"),
    roles=tuple(map(SafeText, "·◆✎→▤⊘×▤★")),
    done=SafeText("✓"),
    newer=SafeText("↑"),
    syncing=SafeText("↻"),
    waiting=SafeText("◌"),
    offline=SafeText("○"),
    warning=SafeText("!"),
    quote=SafeText("▎"),
    rule=SafeText("─"),
    bullet=SafeText("•"),
)
PLAIN_ICONS = Icons(
    ascii=True,
    bar=SafeText(">"),
    bar_dim=SafeText("|"),
    selected=SafeText("x"),
    unread=SafeText("*"),
    star=SafeText("!"),
    replied=SafeText("r"),
    forwarded=SafeText("f"),
    snoozed=SafeText("z"),
    attachment=SafeText("+"),
    folded=SafeText("+"),
    unfolded=SafeText("-"),
    branch=SafeText("\\"),
    starred=SafeText("*"),
    outbox=SafeText("^"),
    roles=tuple(map(SafeText, ".Id>=!x=*")),
    done=SafeText("+"),
    newer=SafeText("^"),
    syncing=SafeText("~"),
    waiting=SafeText("."),
    offline=SafeText("-"),
    warning=SafeText("!"),
    quote=SafeText("|"),
    rule=SafeText("-"),
    bullet=SafeText("*"),
)
