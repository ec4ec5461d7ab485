"""HTML becomes blocks: what is visible survives, what is hidden stays hidden, nothing is fetched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mime.letters import lines
from tui_mail.mime.html import LENGTH_LIMIT, document_from_html
from tui_mail.model.document import BlockKind, Document, Style


def shown(html: str) -> str:
    return "\n".join(lines(document_from_html(html)))


def styles(html: str) -> dict[str, Style]:
    return {run.text.strip(): run.style for block in document_from_html(html).blocks for run in block.runs}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("  lots \n of   <b> white </b>\tspace ", "lots of white space"),
        ("<p>a&nbsp;b</p><p>&nbsp;</p>", "a b"),
        ("<p style='margin:0'>a</p><p style='margin:0'>b</p>", "a\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>", "a\n\nb"),
        ("<p style='margin:0 0 16px'>a</p><p>b</p>", "a\n\nb"),
        ("<h1>Title</h1>text<h3>Sub</h3>", "# Title\n\ntext\n\n### Sub"),
        ("<ul><li>one<li>two</ul>", "• one\n• two"),
        ("<ol start=3><li>one</li><li>two</li></ol>", "3. one\n4. two"),
        ("<ul><li>one<ol><li>in</li></ol></li><li>two</li></ul>", "• one\n  1. in\n• two"),
        ("<ul><li><p>one</p><p>more</p></li></ul>", "• one\n  more"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n\n>> b\n\nc"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<div style='white-space:pre-wrap'>a\nb</div>", "a\nb"),
        ("<dl><dt>term</dt><dd>meaning</dd></dl>", "term\nmeaning"),
        ("a <q>b</q> c", "a “b” c"),
        ("&lt;b&gt; &amp; &copy; &#8364;", "<b> & © €"),
        ("no tags", "no tags"),
        ("", ""),
        ("<p>never <b>closed", "never closed"),
        ("<a style='display:block' href=https://x.example>button</a>after", "button\nafter"),
        ("zero\u200bwidth and soft\u00adhyphen", "zerowidth and softhyphen"),
        ("<title>t</title><style>s{}</style><script>x()</script><p>text</p>", "text"),
        ("<select><option>a</select><textarea>b</textarea>", "b"),
    ],
)
def test_a_page_is_laid_out(html: str, text: str) -> None:
    assert shown(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<div style='display:none'>HID</div>",
        "<div style='DISPLAY : NONE !important'>HID</div>",
        "<span style='color:red;visibility: hidden'>HID</span>",
        "<div style='mso-hide:all'>HID</div>",
        "<div style='max-height:0;overflow:hidden'>HID</div>",
        "<div style='max-height:0px'><p>HID</p></div>",
        "<div style='opacity:0'>HID</div>",
        "<div style='font-size:0'>HID</div>",
        "<div style='font-size:1px;line-height:1px'>HID</div>",
        "<div style='height:0;overflow:hidden'>HID</div>",
        "<div hidden>HID</div>",
        "<style>.x{display:none}</style><div class='a x'>HID</div>",
        "<style>#x, p.y {color:red; display: none}</style><p id=x>HID</p><p class=y>HID</p>",
        "<style>@import 'a.css'; .x{display:none}</style><i class=x>HID</i>",
        "<!-- HID -->",
        "<noscript hidden>HID</noscript>",
    ],
)
def test_what_is_hidden_stays_hidden(hidden: str) -> None:
    assert shown(f"<p>before</p>{hidden}<p>after</p>") == "before\n\nafter"


@pytest.mark.parametrize(
    "visible",
    [
        "<div style='font-size:0'><span style='font-size:14px'>SEEN</span></div>",
        "<div style='font-size:0px'><table><tr><td style='font-size:13px'>SEEN</td></tr></table></div>",
        "<div style='opacity:0.9'>SEEN</div>",
        "<div style='max-height:0.5em'>SEEN</div>",
        "<div style='max-height:03000px'>SEEN</div>",
        "<div style='line-height:0'>SEEN</div>",
        "<div style='background:url(display:nonesuch)'>SEEN</div>",
        "<div style='width:0'>SEEN</div>",
        "<style>@media (max-width:600px){.x{display:none}}</style><div class=x>SEEN</div>",
        "<style>@media print{.x{display:none} .y{color:red}}</style><div class=x>SEEN</div>",
        "<style>.x{display:none}.x{display:block}</style><div class=x>SEEN</div>",
        "<style>.x{display:none}</style><div class=x style='display:block'>SEEN</div>",
        "<style>div .x{display:none}</style><div class=x>SEEN</div>",
        "<style>/* .x{display:none} */</style><div class=x>SEEN</div>",
        "<div style='display:none-such'>SEEN</div>",
        "<body style='margin:0'><center>SEEN</center></body>",
        "<noscript>SEEN</noscript>",
        "<font color=white>SEEN</font>",
    ],
)
def test_what_is_visible_survives(visible: str) -> None:
    assert "SEEN" in shown(f"{visible}<p>after</p>")


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("<tr><td>Subtotal</td><td>$12.00</td></tr><tr><td>Tax</td><td>$1.00</td></tr>",
         "Subtotal  $12.00\nTax  $1.00"),
        ("<tr><td>Total:</td><td><b>€ 13</b></td></tr>", "Total: € 13"),
        ("<tr><th>Item</th><th>Qty</th><th>Price</th></tr><tr><td>Tea</td><td>2</td><td>$4</td></tr>",
         "Item · Qty · Price\nTea · 2 · $4"),
        ("<tr><td><p>Label</p></td><td></td><td><div>$5</div></td></tr>", "Label  $5"),
        ("<tr><td><table><tr><td>Wrapped</td></tr></table></td><td><table><tr><td>$7</td></tr></table></td></tr>",
         "Wrapped  $7"),
        ("<tr><td>12 Mill Lane</td></tr><tr><td>Harbour</td></tr>", "12 Mill Lane\nHarbour"),
        ("<tr><td><p>One.</p></td></tr><tr><td><p>Two.</p></td></tr>", "One.\n\nTwo."),
        (f"<tr><td>{'long ' * 20}</td><td>aside</td></tr>", "long " * 19 + "long\naside"),
        ("<tr><td><p>a</p><p>b</p></td><td>c</td></tr>", "a\n\nb\n\nc"),
        ("<tr><td colspan=999999999>wide</td></tr>", "wide"),
    ],
)  # fmt: skip
def test_a_row_of_short_cells_is_a_line(table: str, text: str) -> None:
    assert shown(f"<table>{table}</table>") == text


def test_an_amount_stands_beside_its_label_in_a_nested_layout() -> None:
    row = "<tr><td><span>{}</span></td><td align=right>{}</td></tr>"
    rows = row.format("Ferry ticket", "€ 24.00") + row.format("Bicycle", "€ 6.50")
    inner = f"<table role=presentation>{rows}</table>"
    page = f"<table><tr><td><h2>Receipt</h2>{inner}</td></tr><tr><td><p>Thank you.</p></td></tr></table>"
    assert shown(page) == "## Receipt\n\nFerry ticket  € 24.00\nBicycle  € 6.50\n\nThank you."


def test_a_table_without_end_is_cut_and_says_so() -> None:
    document = document_from_html("<table>" + "<tr><td>a<td>b" * 2_000 + "</table>")
    assert len(document.blocks) == 500
    assert document.notice


def test_letters_keep_their_style() -> None:
    assert styles("<b>b</b><i>i</i><u>u</u><s>s</s><code>c</code><b><i>bi</i></b>") == {
        "b": Style.BOLD,
        "i": Style.ITALIC,
        "u": Style.UNDERLINE,
        "s": Style.STRIKE,
        "c": Style.CODE,
        "bi": Style.BOLD | Style.ITALIC,
    }
    assert styles("<span style='font-weight: 700'>b <span style='font-weight:normal'>n</span></span>") == {
        "b": Style.BOLD,
        "n": Style.PLAIN,
    }


def links_of(document: Document) -> list[tuple[str, int]]:
    return [(run.text, run.link) for block in document.blocks for run in block.runs if run.link]


def test_links_are_numbered_and_equal_ones_share_a_number() -> None:
    document = document_from_html(
        "<a href='https://a.example'>A</a><a href='https://b.example'>B</a> <a href='https://a.example'>again</a>"
    )
    assert document.links == ("https://a.example", "https://b.example")
    assert links_of(document) == [("A", 1), ("B", 2), ("again", 1)]
    assert "\n".join(lines(document)) == "A B again"


@pytest.mark.parametrize(
    "target", ["javascript:x()", "java&#10;script:x()", "data:text/html,x", "#top", "/x", "", "vbscript:x"]
)
def test_a_link_to_anything_else_is_text(target: str) -> None:
    document = document_from_html(f'<a href="{target}">word</a>')
    assert document.links == ()
    assert lines(document) == ["word"]


def test_a_bare_address_in_the_text_is_a_link() -> None:
    document = document_from_html("<p>see https://a.example/x.</p>")
    assert links_of(document) == [("https://a.example/x", 1)]


def test_pictures_are_named_counted_and_never_fetched() -> None:
    document = document_from_html(
        "<img src='https://x.example/a.png' alt='A  boat'><img src='cid:b' alt=''>"
        "<img src='//x.example/o.gif' width=1 height=1><img src='https://x.example/p' style='width:1px'>"
        "<table background='http://x.example/bg.png'><tr><td style='background:url(http://x.example/c)'>t</table>"
        "<div hidden><img src=http://x.example/h width=1></div>"
    )
    assert lines(document) == ["[A boat]", "", "t"]
    assert (document.remote_images, document.trackers) == (6, 3)


def test_a_linked_picture_without_a_name_keeps_its_link() -> None:
    assert links_of(document_from_html("<a href='https://a.example'><img src=x></a>")) == [("[image]", 1)]
    assert links_of(document_from_html("<a href='https://a.example'><img src=x> Read on</a>")) == [
        ("Read on", 1)
    ]


def test_pictures_side_by_side_do_not_stick_together() -> None:
    assert shown("<img alt=a src=x><img alt=b src=y>text") == "[a] [b] text"


@pytest.mark.parametrize(
    "header",
    [
        "<div style='border:none;border-top:solid #E1E1E1'><b>From:</b> Bo<br><b>Sent:</b> Mon</div>",
        "<div style='border:none;border-top:solid #B5C4DF'><p><b>Von:</b> Bo<br>Gesendet: Mo</p></div>",
        "<hr><div id=divRplyFwdMsg dir=ltr><b>From:</b> Bo<br><b>Sent:</b> Monday</div>",
        "<p><b>De :</b> Bo<br><b>Envoyé :</b> lundi</p>",
        "<div>From: Bo</div><div>Sent: Monday</div>",
    ],
)  # fmt: skip
def test_an_answered_message_without_quotes_is_quoted(header: str) -> None:
    document = document_from_html(f"<p>mine</p>{header}<p>theirs</p><blockquote>older</blockquote>")
    levels = {"".join(run.text for run in block.runs): block.quote for block in document.blocks if block.runs}
    assert levels["mine"] == 0
    assert levels["theirs"] == 1
    assert levels["older"] == 2
    assert all(level == 1 for text, level in levels.items() if text.startswith(("From", "Von", "De")))


def test_a_signature_is_known_by_its_class() -> None:
    document = document_from_html("<p>Hi</p><div class=gmail_signature><div>Noor</div></div>")
    assert [block.kind for block in document.blocks] == [BlockKind.PARAGRAPH, BlockKind.SIGNATURE]


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 100_000 + "WORD",
        "<b>" * 50_000 + "WORD",
        "".join(f"<b a={number}>" for number in range(1_400)) + "<p>WORD" * 20_000,
        "<p><font size=1>WORD" * 20_000,
        "<table><tr><td>" * 20_000 + "WORD",
        "<a " + " ".join(f"x{number}=1" for number in range(100_000)) + ">WORD",
        "<a " + " ".join(f'x{number}=">"' for number in range(100_000)) + ">WORD",
        "<ul><li>" * 5_000 + "WORD",
        "<svg>" * 20_000 + "WORD",
    ],
)
def test_a_bomb_is_not_parsed_but_its_words_are_shown(bomb: str) -> None:
    document = document_from_html(bomb)
    assert "tangled" in document.notice
    assert "WORD" in "\n".join(lines(document))


@pytest.mark.parametrize(
    "harmless",
    [
        "<p>WORD" * 5_000,
        "<ul>" + "<li>WORD" * 5_000,
        "<table>" + "<tr><td>WORD" * 400,
        "<div>WORD</div>" * 5_000,
    ],
)
def test_many_elements_one_after_another_are_no_bomb(harmless: str) -> None:
    assert not document_from_html(harmless).notice


def test_deep_nesting_loses_structure_but_no_word() -> None:
    document = document_from_html("<div>" * 1_000 + "WORD" + "</div>" * 1_000)
    assert lines(document) == ["WORD"]
    assert document.notice


def test_a_letter_too_large_shows_its_words() -> None:
    document = document_from_html("<p>WORD</p>" + "<p>x</p>" * (LENGTH_LIMIT // 8))
    assert lines(document)[0] == "WORD"
    assert "too large" in document.notice


PIECES = st.sampled_from(
    [
        *("<p>", "</p>", "<div style='", "display:none", "'>", "<table>", "<tr>", "<td>", "</table>", "<ul>"),
        *("<li>", "</ul>", "<a href='https://x.example'>", "</a>", "<img alt=x>", "<pre>", "<blockquote>"),
        *("<br>", "<hr>", "<b>", "</i>", "<style>", "</style>", ".x{", "}", "<!--", "-->", "&#x1b;", "&#0;"),
        *("\x00", "\x1b", "text ", "<", ">"),
    ]
)


@given(st.lists(PIECES | st.text(st.characters(codec=None), max_size=5), max_size=60))
def test_no_page_raises_or_drives_the_terminal(pieces: list[str]) -> None:
    document = document_from_html("".join(pieces))
    for block in document.blocks:
        for run in block.runs:
            assert run.text.replace("\n", "").isprintable() or not set(run.text) & set("\x00\x1b\x07\x9b")
            assert run.link <= len(document.links)
