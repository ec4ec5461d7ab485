from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile import ESCAPES, MARKUP
from tui_mail.engine.query import understood
from tui_mail.model.message import Flag, Mark
from tui_mail.store.search import Term, Wanted, Where

NOW = datetime(2026, 5, 12, 14, 2).astimezone()


def wanted(typed: str) -> Wanted:
    """What a search that is wholly understood wants."""
    query = understood(typed, NOW)
    assert query.problems == ()
    return query.wanted


def day(*when: int) -> int:
    return int(datetime(*when).astimezone().timestamp())


def test_words_are_all_wanted_and_the_last_may_go_on_until_a_space_follows_it():
    assert wanted("budget may").terms == (Term("budget"), Term("may", prefix=True))
    assert wanted("budget may ").terms == (Term("budget"), Term("may"))
    assert wanted("bu").terms == (Term("bu"),)


def test_a_phrase_is_one_term_and_never_goes_on():
    assert wanted('"minutes of monday" lena').terms == (Term("minutes of monday"), Term("lena", prefix=True))
    assert wanted('"minutes of').terms == (Term("minutes of"),)


def test_a_field_says_where_a_word_stands():
    assert wanted('from:anna to:ravi cc:lena subject:"the budget" body:sheet file:may.xlsx ').terms == (
        Term("anna", where=Where.SENDER),
        Term("ravi", where=Where.RECIPIENTS),
        Term("lena", where=Where.RECIPIENTS),
        Term("the budget", where=Where.SUBJECT),
        Term("sheet", where=Where.BODY),
        Term("may.xlsx", where=Where.ATTACHMENTS),
    )


def test_a_minus_leaves_out():
    assert wanted("budget -draft -from:anna ").terms == (
        Term("budget"),
        Term("draft", without=True),
        Term("anna", where=Where.SENDER, without=True),
    )


def test_a_colon_in_a_word_is_no_field():
    assert [term.text for term in wanted("https://example.org 14:02 Re:Lunch ").terms] == [
        "https://example.org",
        "14:02",
        "Re:Lunch",
    ]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("is:unread", Wanted(no_flags=Flag.SEEN)),
        ("is:read is:starred", Wanted(flags=Flag.SEEN | Flag.FLAGGED)),
        ("-is:starred", Wanted(no_flags=Flag.FLAGGED)),
        ("is:list has:attachment", Wanted(marks=Mark.LIST | Mark.ATTACHMENT)),
        ("tag:todo", Wanted(tags=("todo",))),
        ("larger:500k smaller:5M", Wanted(larger=500_000, smaller=5_000_000)),
        ("after:2026-05-01 before:2026-05-03", Wanted(since=day(2026, 5, 1), until=day(2026, 5, 3))),
        ("on:2026-04", Wanted(since=day(2026, 4, 1), until=day(2026, 5, 1))),
        ("on:2025", Wanted(since=day(2025, 1, 1), until=day(2026, 1, 1))),
        ("on:2026-12", Wanted(since=day(2026, 12, 1), until=day(2027, 1, 1))),
        ("newer:7d", Wanted(since=day(2026, 5, 5))),
        ("on:yesterday", Wanted(since=day(2026, 5, 11), until=day(2026, 5, 12))),
    ],
)
def test_what_is_no_word_is_a_condition(typed: str, found: Wanted):
    assert wanted(typed) == found


@pytest.mark.parametrize(
    ("typed", "about"),
    [
        ("is:gone", "is:"),
        ("has:legs", "has:"),
        ("before:soon", "before:"),
        ("on:2026-13", "on:"),
        ("on:2026-02-30", "on:"),
        ("larger:much", "larger:"),
        ("-in:inbox", "-in:"),
    ],
)
def test_what_is_not_understood_is_said_and_the_rest_is_wanted(typed: str, about: str):
    query = understood(f"budget {typed}", NOW)
    assert query.wanted.terms == (Term("budget"),)
    assert len(query.problems) == 1
    assert about in query.problems[0]


def test_a_condition_half_typed_is_no_problem():
    assert understood("budget from:", NOW).problems == ()
    assert understood("budget is:", NOW).wanted.terms == (Term("budget"),)


PIECES = (
    '"',
    "-",
    ":",
    "from:",
    "is:",
    "on:",
    "9999",
    "0000-00-00",
    "larger:",
    "9" * 40,
    "7d",
    "9999y",
    "\0",
)


@given(
    st.lists(st.sampled_from((*PIECES, *ESCAPES.values(), *MARKUP)) | st.text(max_size=8), max_size=12).map(
        "".join
    )
)
@example("on:0001 newer:9999y before:9999-12-31 after:1")
def test_nothing_that_is_typed_raises(typed: str):
    query = understood(typed, NOW)
    assert not any(ord(each) < 32 or 127 <= ord(each) < 160 for said in query.problems for each in said)
