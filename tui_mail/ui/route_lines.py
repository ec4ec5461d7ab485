"""The route of a message, in lines: each server with what happened on the way to it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from tui_mail.model.route import Hop, Route
from tui_mail.model.safe_text import SafeText, safe_text
from tui_mail.ui.format import Icons, cells, clip, moment
from tui_mail.ui.widgets.page_view import PageLine, Part

SLOW = 300
"""Seconds on one way from which on it is marked."""
SKEW = 2
"""Seconds by which two clocks may disagree without a word."""
LONGEST_BAR = 24
"""Cells of the bar of the way that took longest."""
LOCAL = frozenset({"lmtp", "local", "lmtpa", "esmtpa-local"})
HOME = ("127.", "::1", "10.", "192.168.", "fe80:", "fd")


@dataclass(frozen=True, slots=True)
class RouteLines:
    """Makes lines of a route."""

    icons: Icons

    def lines(self, route: Route) -> list[PageLine]:
        """Return all lines of the page."""
        if not route.hops:
            return [
                _line(("It holds no word of any server: it never travelled, or its way was cut off.", "dim"))
            ]
        found = []
        if route.left_out:
            found += [_line((f"{route.left_out:,} older servers are left out", "warning")), _line()]
        first = route.hops[0]
        found.append(self._origin(first, route))
        longest = max([hop.took or 0 for hop in route.hops], default=0)
        for hop in route.hops:
            found.extend(self._way(hop, longest))
            found.append(self._server(hop))
        return found

    def _origin(self, first: Hop, route: Route) -> PageLine:
        name = first.came_from or SafeText("the sender's program")
        parts: list[Part] = [(f"{self.icons.bullet} ", "accent"), (name, "strong")]
        if first.address and first.address != name:
            parts.append((f"  {first.address}", "dim"))
        if route.written_at is not None:
            parts.append((f"   written {_clock(route.written_at)}", "dim"))
        return _line(*parts)

    def _way(self, hop: Hop, longest: int) -> Iterator[PageLine]:
        rail = (f"{'|' if self.icons.ascii else '│'}   ", "dim")
        took, ink = _took(hop.took)
        bar = _bar(hop.took, longest, ascii=self.icons.ascii)
        how = [(f"{took:<12}", ink), (bar + ("  " if bar else ""), ink), *_how(hop)]
        yield _line(rail, *how)
        if hop.took is not None and hop.took < -SKEW:
            yield _line(rail, ("the clocks of both servers disagree, so this time says little", "warning"))

    def _server(self, hop: Hop) -> PageLine:
        parts: list[Part] = [
            (f"{self.icons.bullet} ", "accent"),
            (hop.by or SafeText("a server without a name"), "strong"),
        ]
        if hop.at is not None:
            parts.append((f"   {_clock(hop.at)}", "dim"))
        if hop.queue_id:
            parts.append((f"   {hop.queue_id}", "dim"))
        return _line(*parts)


def summary(route: Route) -> SafeText:
    """Return the whole of it, in a few words."""
    count = len(route.hops) + route.left_out
    said = ["1 server" if count == 1 else f"{count:,} servers"] if count else ["no servers"]
    if route.took is not None and route.took >= 0:
        said.append(f"{span(route.took)} on the way")
    if unprotected := sum(not hop.encrypted and not is_home(hop) for hop in route.hops):
        said.append(f"{unprotected} of the ways without TLS" if unprotected > 1 else "one way without TLS")
    return safe_text("   ".join(said))


def is_home(hop: Hop) -> bool:
    """Tell whether a way leads over no network, or over a private one."""
    same = bool(hop.by) and hop.by == hop.came_from
    return same or hop.protocol.lower() in LOCAL or not hop.came_from or hop.address.startswith(HOME)


def span(seconds: int) -> str:
    """Return a span of time in its two largest units."""
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3_600:
        return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"
    if seconds < 86_400:
        hours, minutes = divmod(seconds // 60, 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(seconds // 3_600, 24)
    named = "1 day" if days == 1 else f"{days:,} days"
    return f"{named} {hours} h" if hours else named


def _took(seconds: int | None) -> tuple[str, str]:
    if seconds is None:
        return "", "dim"
    if seconds < 0:
        return f"-{span(-seconds)}", "warning" if seconds < -SKEW else "text"
    return span(seconds), "warning" if seconds >= SLOW else "text"


def _bar(seconds: int | None, longest: int, *, ascii: bool) -> str:
    if not seconds or seconds < 0 or longest <= 0:
        return ""
    return ("=" if ascii else "━") * max(1, LONGEST_BAR * seconds // longest)


def _how(hop: Hop) -> list[Part]:
    parts: list[Part] = []
    if hop.protocol:
        parts.append((f"{hop.protocol}  ", "dim"))
    if hop.encrypted:
        parts.append(("encrypted", "done"))
    elif is_home(hop):
        parts.append(("within one house", "dim"))
    else:
        parts.append(("not encrypted", "warning"))
    if hop.signed_in:
        parts.append((", signed in", "dim"))
    return parts


def _clock(epoch: int) -> str:
    when = moment(epoch)
    return f"{when.day} {when:%b %Y, %H:%M:%S}"


def _line(*parts: Part) -> PageLine:
    def paint(width: int) -> list[Part]:
        found: list[Part] = []
        for text, ink in parts:
            kept = clip(SafeText(text), max(0, width))
            width -= cells(kept)
            found.append((kept, ink))
        return found

    return PageLine(paint)
