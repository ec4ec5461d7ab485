"""HTML mail as blocks of text: a tree without a loader, so rendering can neither fetch nor run anything.

The mail's own look is left behind; what stays is what it says: headings, lists, quotes, links by number,
tables as lines, pictures by their names. What is hidden stays hidden, what is visible must not get lost.
"""

from tui_mail.mime.html.nesting import too_much, words_of
from tui_mail.mime.html.walk import Walk
from tui_mail.mime.text import document_from_text
from tui_mail.model.document import Document
from tui_mail.model.safe_text import safe_text

__all__ = ["LENGTH_LIMIT", "document_from_html"]

LENGTH_LIMIT = 4 << 20
"""Characters of HTML that are laid out; of a longer one the words are shown."""


def document_from_html(html: str) -> Document:
    """Lay out an HTML text."""
    if len(html) > LENGTH_LIMIT:
        return _words(html, "The letter is too large to lay out; these are its words")
    if too_much(html):
        return _words(html, "The letter is too tangled to lay out; these are its words")
    walk = Walk(html)
    walk.run()
    return Document(
        blocks=tuple(walk.flow.blocks),
        links=walk.links.targets(),
        remote_images=walk.remote_images,
        trackers=walk.trackers,
        notice=safe_text("Parts of this very large letter are left out" if walk.cut else ""),
    )


def _words(html: str, notice: str) -> Document:
    document = document_from_text(words_of(html))
    return Document(document.blocks, document.links, notice=safe_text(notice))
