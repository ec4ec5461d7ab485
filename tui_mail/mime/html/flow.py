"""Inline text put together as blocks: white space collapsed, blank lines where the page has margins."""

import re
from dataclasses import dataclass, replace

from tui_mail.mime.text import QUOTE_LIMIT
from tui_mail.model.document import Block, BlockKind, Run, Style
from tui_mail.model.safe_text import safe_body, safe_text

_SPACE = re.compile("\\s++(?:[\u200b-\u200d\u034f\ufeff\u00ad]++\\s++)*")
_FROM = re.compile(r"(?:From|Von|De|Da|Van|Från|Fra|Od|Kimden|От|发件人|差出人)\s?[:：]\s*\S")
_SENT = re.compile(
    r"(?:^|\s)(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Inviato|Verzonden|Skickat|Sendt|Fecha|Data"
    r"|Wysłano|Gönderme Tarihi|Отправлено|发送时间|送信日時)\s?[:：]"
)
_HEADER_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Setting:
    """How text is set where the walk stands; a child's setting is a changed copy of its parent's."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    """Of a heading or a list item."""
    quote: int = 0
    style: Style = Style.PLAIN
    link: int = 0
    tiny: bool = False
    keeps_lines: bool = False
    """White space: newlines count."""
    lists: int = 0
    """Lists around."""
    tight: bool = False
    """Paragraphs here have no margin."""


class Flow:
    """The blocks made so far and the one being made."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.margin = False
        """Whether a blank line stands before the next block."""
        self.marker = ""
        """The marker of a list item whose text has not come yet."""
        self._runs: list[Run] = []
        self._setting = Setting()
        self._space = False
        self._blank = False
        self._answered = 0
        """Quotes that were opened by the header of an answered message and go on to the end."""
        self._header_is_next = False

    def text(self, text: str, setting: Setting) -> None:
        """Add text; white space counts once unless the setting is preformatted."""
        if setting.kind is BlockKind.PREFORMATTED:
            self._add(text, setting)
            return
        if setting.keeps_lines and "\n" in text:
            for index, line in enumerate(text.replace("\r", "").split("\n")):
                if index:
                    self.line_break()
                self.text(line, setting)
            return
        collapsed = _SPACE.sub(" ", text)
        self._blank = self._blank or "\u00a0" in text
        words = collapsed.strip(" ")
        self._space = self._space or collapsed[:1] == " "
        if words:
            self._add_word(words, setting)
            self._space = collapsed[-1] == " "

    def picture(self, text: str, setting: Setting) -> None:
        """Add the name of a picture, set apart from its neighbours and dim."""
        self._space = True
        self._add_word(text, replace(setting, style=setting.style | Style.DIM))
        self._space = True

    def line_break(self) -> None:
        """End a line; two in a row end the paragraph."""
        self._space = False
        if not self._runs:
            self.margin = True
        elif self._runs[-1].text.endswith("\n"):
            self.end_block()
            self.margin = True
        else:
            self._add("\n", replace(self._setting, style=Style.PLAIN, link=0))

    def rule(self, setting: Setting) -> None:
        """Add a line across."""
        self.end_block()
        self.blocks.append(Block(BlockKind.RULE, quote=self._quote(setting)))
        self.margin = True

    def open_answered(self) -> None:
        """Quote all that follows: it is the message that is answered, with its header first."""
        self.end_block()
        self._answered += 1
        self._header_is_next = True
        self.margin = True

    def end_block(self) -> None:
        """Close the block being made; an empty one leaves at most a blank line."""
        runs = _trimmed(self._runs)
        if runs:
            self._append(runs)
        elif self._blank:
            self.margin = True
        self._runs, self._space, self._blank = [], False, False

    def _append(self, runs: list[Run]) -> None:
        setting = self._setting
        item = setting.kind is BlockKind.ITEM
        self._notice_answered(runs, setting)
        self.blocks.append(
            Block(
                kind=setting.kind,
                runs=tuple(runs),
                quote=self._quote(setting),
                level=setting.level,
                marker=safe_text(self.marker if item else ""),
                tight=bool(self.blocks) and not self.margin,
            )
        )
        if item:
            self.marker = ""
        self.margin = False

    def _quote(self, setting: Setting) -> int:
        return min(setting.quote + self._answered, QUOTE_LIMIT)

    def _notice_answered(self, runs: list[Run], setting: Setting) -> None:
        """Open a quote at lines such as "From: …, Sent: …", which some programs write instead of quoting."""
        text = "".join(run.text for run in runs)[:_HEADER_LIMIT]
        if _FROM.match(text) and _SENT.search(text):
            if not self._header_is_next:
                self._answered += 1
        elif _SENT.match(text) and self.blocks and not self._header_is_next:
            before = self.blocks[-1]
            if before.quote == self._quote(setting) and _FROM.match("".join(run.text for run in before.runs)):
                self._answered += 1
                self.blocks[-1] = replace(before, quote=self._quote(setting))
        self._header_is_next = False

    def _add_word(self, words: str, setting: Setting) -> None:
        last = self._runs[-1] if self._runs else None
        if last is not None and not last.text.endswith("\n"):
            apart = last.link != setting.link and last.link and setting.link
            if self._space or apart:
                same = (last.style, last.link) == (setting.style, setting.link)
                self._add(" ", setting if same else replace(setting, style=Style.PLAIN, link=0))
        self._add(words, setting)

    def _add(self, text: str, setting: Setting) -> None:
        if not self._runs:
            self._setting = setting
        self._runs.append(Run(safe_body(text), setting.style, setting.link))


def _trimmed(runs: list[Run]) -> list[Run]:
    """Join neighbours of one style, and cut white space off the end and blank lines off the start."""
    texts: list[tuple[list[str], Style, int]] = []
    for run in runs:
        if texts and texts[-1][1:] == (run.style, run.link):
            texts[-1][0].append(run.text)
        else:
            texts.append(([run.text], run.style, run.link))
    joined = [("".join(pieces), style, link) for pieces, style, link in texts]
    while joined and not joined[-1][0].rstrip():
        joined.pop()
    while joined and not joined[0][0].strip():
        joined.pop(0)
    if joined:
        joined[-1] = (joined[-1][0].rstrip(), *joined[-1][1:])
        joined[0] = (joined[0][0].lstrip("\n"), *joined[0][1:])
    return [Run(safe_body(text), style, link) for text, style, link in joined]
