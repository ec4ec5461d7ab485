import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.mime.route import HOPS_LIMIT, route

TRAVELLED = b"""\
Received: from mx.example.net (mx.example.net [198.51.100.7])
\tby imap.example.org (Postfix) with LMTPS id 4F2A1 for <ada@example.org>;
\tTue, 12 May 2026 14:02:07 +0200 (CEST)
Received: from out.example.com (out.example.com [IPv6:2001:db8::25])
 (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
 by mx.example.net (Postfix) with ESMTP id 99B for <ada@example.org>; Tue, 12 May 2026 11:55:01 +0000
Received: from laptop.home (unknown [192.0.2.44]) by out.example.com with ESMTPSA id abc-1
 ; Tue, 12 May 2026 13:54:58 +0200
Date: Tue, 12 May 2026 13:54:50 +0200
Subject: by the way

Received: from nobody by nowhere; Tue, 12 May 2026 13:54:58 +0200
"""


def test_a_route_is_told_in_the_order_of_travel_with_the_time_between():
    found = route(TRAVELLED)
    assert [hop.by for hop in found.hops] == ["out.example.com", "mx.example.net", "imap.example.org"]
    assert [hop.came_from for hop in found.hops] == ["laptop.home", "out.example.com", "mx.example.net"]
    assert [hop.address for hop in found.hops] == ["192.0.2.44", "2001:db8::25", "198.51.100.7"]
    assert [hop.took for hop in found.hops] == [None, 3, 426]
    assert [hop.queue_id for hop in found.hops] == ["abc-1", "99B", "4F2A1"]
    assert found.took == 429
    assert found.written_at == 1778586890


def test_protection_is_told_by_the_protocol_or_by_a_remark():
    found = route(TRAVELLED)
    assert [hop.encrypted for hop in found.hops] == [True, True, True]
    assert [hop.signed_in for hop in found.hops] == [True, False, False]
    (plain,) = route(b"Received: from a by b with ESMTP id 1; Tue, 12 May 2026 13:54:58 +0200\n\n").hops
    assert (plain.encrypted, plain.signed_in) == (False, False)


@pytest.mark.parametrize(
    ("value", "by", "came_from"),
    [
        (b"by 2002:a05:6402:1::1 with SMTP id x; Tue, 12 May 2026 13:54:58 +0200", "2002:a05:6402:1::1", ""),
        (b"(qmail 1234 invoked by uid 500); 12 May 2026 13:54:58 -0000", "", ""),
        (b"from [192.0.2.1] by mail; 12 May 2026 13:54:58 -0000", "mail", "192.0.2.1"),
        (b"from by.example (by evil (with id) x) by me.example", "me.example", "by.example"),
        (b"from a (never closed by b; 12 May 2026 13:54:58 -0000", "", "a"),
        (b"", "", ""),
    ],
)
def test_odd_fields_are_read_as_far_as_they_go(value: bytes, by: str, came_from: str):
    (hop,) = route(b"Received: " + value + b"\r\n\r\n").hops
    assert (hop.by, hop.came_from) == (by, came_from)


def test_clocks_that_disagree_give_a_negative_time():
    later, earlier = (
        b"Received: by %s; Tue, 12 May 2026 13:54:%s +0200\n" % pair
        for pair in ((b"a", b"50"), (b"b", b"58"))
    )
    assert [hop.took for hop in route(later + earlier + b"\n").hops] == [None, -8]


def test_a_flood_of_fields_is_cut_and_said():
    found = route(b"Received: by a; 12 May 2026 13:54:58 -0000\n" * 1_000 + b"\n")
    assert (len(found.hops), found.left_out) == (HOPS_LIMIT, 1_000 - HOPS_LIMIT)


@given(
    st.lists(
        st.sampled_from(
            (b"from ", b"by ", b"with ", b"(", b")", b";", b"\x1b[2J", b"id ", b"[::]", b"\n ", b"ESMTPS ")
        )
        | st.binary(max_size=6)
    ).map(b"".join)
)
def test_nothing_raises_and_nothing_drives_a_terminal(value: bytes):
    for hop in route(b"Received: " + value + b"\n\n").hops:
        said = hop.by + hop.came_from + hop.address + hop.protocol + hop.queue_id
        assert not any(ord(each) < 32 or 127 <= ord(each) < 160 for each in said)
