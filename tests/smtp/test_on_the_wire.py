"""What really goes over the line to a Postfix, seen by a witness between."""

import asyncio
from email import message_from_bytes

from tests.report import Report
from tests.servers.faults import Direction
from tests.servers.proxy import FaultProxy
from tests.smtp.conftest import Post, nothing
from tui_mail.model.account import Security, Server
from tui_mail.smtp.session import Session


async def said(post: Post, sender: str, *, utf8: bool, dsn: bool) -> list[str]:
    """Send a letter; the lines of the client up to its DATA."""

    def story(proxy: FaultProxy) -> None:
        server = Server(proxy.host, proxy.port, Security.NONE)
        account = post.mailbox.account()
        with Session(account, server, post.mailbox.password, told=lambda *_: None) as session:
            session.open()
            session.envelope(sender, [post.address], 20, utf8=utf8, dsn=dsn, envelope_id="letter+1")
            session.send_bytes([b"Subject: x\r\n\r\nHello\r\n"], nothing)
            assert session.commit().accepted

    async with FaultProxy(post.postfix.smtp_plain) as proxy:
        await asyncio.to_thread(story, proxy)
        (record,) = proxy.records
    lines = record.arrived[Direction.UP].decode().split("\r\n")
    return lines[: lines.index("DATA") + 1]


async def test_reports_are_asked_for_and_come(post: Post, report: Report) -> None:
    lines = await said(post, post.address, utf8=False, dsn=True)
    assert lines[0] == "ehlo [127.0.0.1]"
    assert lines[2:] == [
        f"MAIL FROM:<{post.address}> SIZE=20 RET=HDRS ENVID=letter+2B1",
        f"RCPT TO:<{post.address}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{post.address}",
        "DATA",
    ]
    report.line(f"Asked of Postfix: {' / '.join(lines[2:])}")
    arrived = await asyncio.to_thread(post.arrived, 2)
    (told,) = [raw for raw in arrived if message_from_bytes(raw).get_content_type() == "multipart/report"]
    assert b"Original-Envelope-Id: letter+1" in told
    assert b"Action: relayed" in told  # Dovecot gives no reports, so Postfix knows no more


async def test_a_name_beyond_ascii_is_spelled_as_it_is(post: Post, report: Report) -> None:
    lines = await said(post, "bl\u00e5b\u00e4r@example.org", utf8=True, dsn=False)
    mail = "MAIL FROM:<bl\u00e5b\u00e4r@example.org> SIZE=20 BODY=8BITMIME SMTPUTF8"
    assert lines[2:] == [mail, f"RCPT TO:<{post.address}>", "DATA"]
    report.line(f"Asked of Postfix: {mail}")


async def test_nothing_special_is_asked_for_without_need(post: Post) -> None:
    lines = await said(post, post.address, utf8=False, dsn=False)
    assert lines[2:] == [f"MAIL FROM:<{post.address}> SIZE=20", f"RCPT TO:<{post.address}>", "DATA"]
