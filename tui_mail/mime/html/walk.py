"""The walk over the tree of an HTML text, with a stack of its own: no depth of a mail can exhaust ours."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tui_mail.mime.html.elements import (
    CELLS,
    LISTS,
    SKIPPED,
    changed,
    has_margin,
    is_block,
    opens_answered,
)
from tui_mail.mime.html.flow import Flow, Setting
from tui_mail.mime.html.hiding import StyleSheet, hides, tidy
from tui_mail.mime.html.pictures import NAME_LIMIT, is_remote, is_tracker, remote_grounds
from tui_mail.mime.html.tables import Tables
from tui_mail.mime.links import Links, linked
from tui_mail.model.safe_text import safe_body

NODES_LIMIT = 200_000
"""Nodes that are read."""

DEPTH_LIMIT = 250
"""Levels of elements that are told apart; what lies deeper is text without structure."""

Attributes = Mapping[str, str | None]


@dataclass(slots=True)
class _List:
    """A list while the walk is in it."""

    ordered: bool
    next: int


@dataclass(slots=True)
class _Visit:
    """A node to be entered, or an element to be left."""

    node: LexborNode
    setting: Setting
    depth: int
    leaving: str = ""
    """The tag of an element whose children are done; "" before."""
    is_block: bool = False
    margin: bool = False


class Walk:
    """One walk over one text; afterwards its attributes hold what was found."""

    def __init__(self, text: str) -> None:
        self.flow = Flow()
        self.links = Links()
        self.remote_images = 0
        self.trackers = 0
        self.cut = False
        """Whether a cap left something out."""
        self._tree = LexborHTMLParser(text)
        self._sheet = StyleSheet(node.text() for node in self._tree.css("style"))
        self._lists: list[_List] = []
        self._tables = Tables(self.flow)
        self._bare_link = False
        """Whether the link around has shown nothing yet."""
        self._pictured = False
        """Whether the link around holds a picture without a name."""

    def run(self) -> None:
        """Walk the whole tree."""
        body = self._tree.body
        stack = [] if body is None else [_Visit(body, Setting(), 0)]
        nodes = 0
        while stack:
            visit = stack.pop()
            if visit.leaving:
                self._leave(visit)
            elif visit.node.is_text_node:
                self._text(visit.node.text_content or "", visit.setting)
            elif visit.node.is_element_node:
                stack += self._enter(visit)
            nodes += not visit.leaving
            if nodes > NODES_LIMIT:
                self.cut = True
                break
        self.flow.end_block()

    def _text(self, text: str, setting: Setting) -> None:
        if setting.tiny:
            return
        if setting.link and not text.isspace():
            self._bare_link = False
        if setting.link or "://" not in text:
            self.flow.text(text, setting)
            return
        for run in linked(safe_body(text), self.links):
            self.flow.text(run.text, replace(setting, link=run.link) if run.link else setting)

    def _enter(self, visit: _Visit) -> list[_Visit]:
        """Enter an element; return its leaving and its children, in the order of a stack."""
        node, tag = visit.node, visit.node.tag or ""
        attributes: Attributes = node.attributes
        style = tidy(attributes.get("style") or "")
        if self._is_hidden(tag, attributes, style):
            self._count_hidden_pictures(node)
            return []
        if visit.depth > DEPTH_LIMIT:
            self.cut = True
            self._text(node.text(separator=" "), visit.setting)
            return []
        self.remote_images += remote_grounds(attributes, style)
        if tag in _ALONE:
            self._alone(tag, attributes, style, visit.setting)
            return []
        if not self._tables.enter(tag):
            self.cut = True
            return []
        return self._opened(visit, tag, attributes, style)

    def _opened(self, visit: _Visit, tag: str, attributes: Attributes, style: str) -> list[_Visit]:
        classes = attributes.get("class") or ""
        setting = changed(visit.setting, tag, style, classes)
        leaving = replace(visit, leaving=tag, is_block=is_block(tag, style))
        leaving.margin = has_margin(tag, style, classes) or (tag in LISTS and setting.lists == 1)
        if leaving.is_block:
            self._divide(leaving)
        if opens_answered(style, attributes.get("id") or ""):
            self.flow.open_answered()
        if tag == "a":
            setting = replace(setting, link=self.links.number(attributes.get("href") or ""))
            self._bare_link, self._pictured = setting.link > 0, False
        elif tag == "q":
            self.flow.text("“", setting)
        elif tag in LISTS:
            self._lists.append(_List(tag == "ol", _number(attributes.get("start"))))
        elif tag == "li":
            self.flow.marker = self._marker()
        leaving.setting = setting
        children = [_Visit(child, setting, visit.depth + 1) for child in visit.node.iter(include_text=True)]
        return [leaving, *reversed(children)]

    def _divide(self, visit: _Visit) -> None:
        self.flow.end_block()
        if visit.margin:
            self._tables.margin()

    def _leave(self, visit: _Visit) -> None:
        tag = visit.leaving
        if tag == "q":
            self.flow.text("”", visit.setting)
        elif tag == "a" and self._bare_link and self._pictured:
            self.flow.picture("[image]", visit.setting)  # the link would be lost with the picture
        if visit.is_block:
            self._divide(visit)
        if tag in CELLS:
            self._tables.leave(tag)
        elif tag in LISTS:
            self._lists.pop()
        elif tag == "li":
            self.flow.marker = ""

    def _alone(self, tag: str, attributes: Attributes, style: str, setting: Setting) -> None:
        """Take in an element that has no children."""
        if tag == "br":
            self.flow.line_break()
        elif tag == "hr":
            self.flow.rule(setting)
        elif tag == "img":
            self._picture(attributes, style, setting)

    def _picture(self, attributes: Attributes, style: str, setting: Setting) -> None:
        remote = is_remote(attributes.get("src") or "")
        self.remote_images += remote
        if is_tracker(attributes, style):
            self.trackers += remote
            return
        name = " ".join((attributes.get("alt") or "").split())[:NAME_LIMIT]
        self._pictured = True
        if name:
            self._bare_link = False
            self.flow.picture(f"[{name}]", setting)

    def _is_hidden(self, tag: str, attributes: Attributes, style: str) -> bool:
        if tag in SKIPPED or "hidden" in attributes:
            return True
        if style and hides(style) and tag != "img":
            return True
        return self._sheet.hides(attributes.get("class") or "", attributes.get("id") or "", style)

    def _count_hidden_pictures(self, node: LexborNode) -> None:
        """Count the pictures of what is not shown: a tracker likes to hide."""
        for picture in node.css("img"):
            attributes = picture.attributes
            if is_remote(attributes.get("src") or ""):
                self.remote_images += 1
                self.trackers += is_tracker(attributes, tidy(attributes.get("style") or ""))

    def _marker(self) -> str:
        if not self._lists or not self._lists[-1].ordered:
            return "•"
        number = self._lists[-1].next
        self._lists[-1].next += 1
        return f"{number}."


_ALONE = frozenset(("br", "hr", "img", "wbr", "input"))


def _number(written: str | None) -> int:
    written = (written or "").strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 7 else 1
