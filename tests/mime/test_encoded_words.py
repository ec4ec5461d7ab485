"""Encoded words are read in all the ways in which senders write them wrongly."""

from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.headers import decode_field


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?=\n =?iso-8859-1?q?b?=", "ab"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("x=?utf-8?q?a?=y", "xay"),
        ("=?utf-8?Q?under_score?=", "under score"),
        ("=?utf-8?Q?spaces inside?=", "spaces inside"),
        ("=?utf-8?Q?Really??=", "Really?"),
        ("=?iso-8859-1*de?Q?=FCber?=", "über"),
        ('"=?utf-8?Q?J=C3=B6rg?="', '"Jörg"'),
        ("=?utf-8?B?4g==?= =?utf-8?B?gqw=?=", "€"),
        ("=?utf-8?B?R3LDv?=\n =?utf-8?B?MOfZQ==?=", "Grüße"),
        ("=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?B?R3L DvMOf ZQ==?=", "Grüße"),
        ("=?utf-8?Q?=C3?= =?utf-8?B?vA==?=", "ü"),
        ("=?utf-8?Q?half_a_sign,_=E2=82=AC=E2=82?=", "half a sign, €\ufffd"),
        ("=?utf-8?Q?=ZZ?=", "=ZZ"),
        ("=?no-such-charset?Q?=C3=BC?=", "ü"),
        ("=?us-ascii?Q?=FC?=", "ü"),
        ("=?uft-8?Q?=C3=BC?=", "ü"),
        ("=?koi8r?B?8NLJ18XU?=", "Привет"),
        ("=?x-gbk?B?xOO6ww==?=", "你好"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("\x1b$BF|K\\\x1b(B", "日本"),
        ("=?utf-8?Q??=", ""),
        ("=?utf-8?Q?never closed", "=?utf-8?Q?never closed"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=??Q?abc?=", "=??Q?abc?="),
        ("Gr\udcfc\udcdfe", "Grüße"),
        ("raw ünicode", "raw ünicode"),
        ("folded\n\t value ", "folded value"),
        ("=?idna?Q?xn--a?=", "xn--a"),
        ("=?unicode_escape?Q?=5Cu0041?=", "\\u0041"),
    ],
)
def test_a_field_is_decoded(raw: str, shown: str) -> None:
    assert decode_field(raw) == shown


@given(st.text(st.sampled_from("=?utf-8QqBb_ \n\t\udc80üA9+/\x1b$(*'") | st.characters(codec=None)))
def test_no_field_raises_or_keeps_a_lone_surrogate(raw: str) -> None:
    decode_field(raw).encode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cs"]), min_size=1))
def test_what_the_standard_library_encodes_comes_back(text: str) -> None:
    assert decode_field(Header(text, "utf-8").encode()) == text
