import contextlib
import imaplib
import itertools
import json
import poplib
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import dovecot_program
from tests.servers.debian import InstallError, root_prefix
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_program import StartError
from tests.servers.mailbox import Mailbox
from tui_mail.model.account import Security

ROOT = Path(__file__).parents[2]
LETTER = b"From: Ada <ada@example.org>\r\nSubject: %d\r\n\r\nHello,\r\n\r\nthis is a letter.\r\n"


def trusting(dovecot: Dovecot) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(dovecot.ca_file))


def signed_in(mailbox: Mailbox) -> imaplib.IMAP4:
    server = mailbox.server(Security.NONE)
    line = imaplib.IMAP4(server.host, server.port)
    line.login(mailbox.username, mailbox.password)
    return line


def running(group: int) -> list[str]:
    """The processes of a group that have not ended, as Linux tells; Z did end, unseen by its parent."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(path.parent.name)
    return found


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_delivered_message_is_in_the_inbox(mailbox: Mailbox):
    mailbox.deliver(LETTER % 1)
    with signed_in(mailbox) as line:
        line.select()
        _, found = line.fetch("1", "(BODY.PEEK[])")
    assert found[0][1].endswith(LETTER % 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_the_certificate_is_good_for_every_name_of_loopback(dovecot: Dovecot, mailbox: Mailbox, host: str):
    with imaplib.IMAP4_SSL(host, dovecot.imap_tls, ssl_context=trusting(dovecot)) as line:
        assert line.login(mailbox.username, mailbox.password)[0] == "OK"


def test_nobody_trusts_the_certificate_without_the_authority(dovecot: Dovecot):
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(dovecot.host, dovecot.imap_tls, ssl_context=ssl.create_default_context())


def test_a_password_in_the_clear_is_refused_at_the_strict_address(dovecot: Dovecot, mailbox: Mailbox):
    with imaplib.IMAP4(dovecot.strict_host, dovecot.imap_plain) as line:
        assert "LOGINDISABLED" in line.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            line.login(mailbox.username, mailbox.password)


def test_after_starttls_the_strict_address_lets_in(dovecot: Dovecot, mailbox: Mailbox):
    with imaplib.IMAP4(dovecot.strict_host, dovecot.imap_starttls) as line:
        line.starttls(ssl_context=trusting(dovecot))
        assert line.login(mailbox.username, mailbox.password)[0] == "OK"


def test_a_wrong_password_is_refused(mailbox: Mailbox):
    server = mailbox.server(Security.NONE)
    with (
        imaplib.IMAP4(server.host, server.port) as line,
        pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"),
    ):
        line.login(mailbox.username, "wrong")


def test_folders_tell_what_they_are_for(mailbox: Mailbox):
    with signed_in(mailbox) as line:
        _, listed = line.list()
    roles = {name.split()[-1] for name in listed if b"\\" + name.split()[-1] in name}
    assert roles == {b"Drafts", b"Sent", b"Archive", b"Junk", b"Trash"}


def test_filled_messages_keep_their_order_bytes_flags_and_dates(mailbox: Mailbox):
    older = (LETTER % number for number in range(12))
    mailbox.fill("Projects/Blüte", older, flags="S", last=86400, step=3600)
    mailbox.fill("Projects/Blüte", [LETTER % 12])
    with signed_in(mailbox) as line:
        assert line.select("Projects/Bl&APw-te") == ("OK", [b"13"])
        _, found = line.uid("FETCH", "1:13", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    heads, raws = zip(*found[::2], strict=True)
    assert list(raws) == [LETTER % number for number in range(13)]
    assert b'INTERNALDATE "01-Jan-1970 23:00:00 +0000"' in heads[10]
    assert b"RFC822.SIZE %d " % len(LETTER % 10) in heads[10]
    assert [b"\\Seen" in head for head in heads] == [True] * 12 + [False]


def test_thousands_of_messages_are_one_quick_fill(mailbox: Mailbox):
    mailbox.fill("INBOX", [LETTER % 1] * 5000)
    with signed_in(mailbox) as line:
        assert line.select() == ("OK", [b"5000"])


def test_pop3_speaks_plain_and_tls(dovecot: Dovecot, mailbox: Mailbox):
    mailbox.deliver(LETTER % 1)
    plain = poplib.POP3(dovecot.host, dovecot.pop3_plain)
    secure = poplib.POP3_SSL(dovecot.host, dovecot.pop3_tls, context=trusting(dovecot))
    for line in (plain, secure):
        line.user(mailbox.username)
        line.pass_(mailbox.password)
        assert line.stat()[0] == 1
        line.quit()


def test_nothing_is_left_of_a_stopped_server(dovecot: Dovecot):
    with Dovecot({"anna": "secret"}) as server:
        group = server.group
        line = imaplib.IMAP4(server.host, server.imap_plain)
        line.login("anna", "secret")
    assert not server.folder.exists()
    assert soon(lambda: not running(group))
    line.shutdown()


def test_a_server_goes_with_the_tests_even_when_these_are_killed(dovecot: Dovecot):
    command = [sys.executable, "-m", "tests.servers", "up"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        facts = json.loads("".join(itertools.takewhile("}\n".__ne__, process.stdout)) + "}")
        process.kill()
    assert soon(lambda: not Path(facts["folder"]).exists())
    assert soon(lambda: not running(facts["process group"]))


def test_a_missing_server_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dovecot_program, "LIBEXEC", ())
    with pytest.raises(StartError, match="Dovecot is not installed"):
        Dovecot().start()


def test_a_system_without_apt_installs_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", {}.get)
    with pytest.raises(InstallError, match="no apt-get"):
        root_prefix()


def test_a_server_by_hand_says_how_to_reach_it_and_goes_when_asked(dovecot: Dovecot):
    command = [sys.executable, "-m", "tests.servers", "up"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = itertools.takewhile("}\n".__ne__, process.stdout)
        facts = json.loads("".join(lines) + "}")
        with imaplib.IMAP4(facts["host"], facts["imap (plain, STARTTLS)"]) as line:
            assert line.login("anna", facts["users"]["anna"])[0] == "OK"
        process.terminate()
    assert process.returncode == 0
    assert not Path(facts["folder"]).exists()
