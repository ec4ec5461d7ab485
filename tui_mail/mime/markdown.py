"""A text in Markdown as HTML, for those who read it so; HTML in it is text like any other.

The signature is no Markdown: "--" below a line would make that line a heading.
"""

from html import escape

SIGNATURE = "\n-- \n"
"""What parts a text from its signature (RFC 3676, 4.3)."""

_PAGE = '<html><head><meta charset="utf-8"></head><body>\n{}</body></html>\n'


def html_of(text: str) -> str:
    """Return the page that a text in Markdown means."""
    # Imported here: markdown-it costs 60 ms at start, and few letters are written in Markdown.
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    words, mark, signature = f"\n{text}".partition(SIGNATURE)
    maker = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    page = str(maker.render(words))
    if mark:
        page += f"<p>-- <br>\n{escape(signature.strip(chr(10))).replace(chr(10), '<br>' + chr(10))}</p>\n"
    return _PAGE.format(page)
