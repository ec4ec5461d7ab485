"""Letters handed to a real Postfix arrive as they were sent, and every step says what it did."""

import pytest

from tests.servers.postfix import BANNED, LATER, NOBODY, SIZE_LIMIT
from tests.smtp.conftest import Post, handed_in, nothing
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import ConfigError, MailError, ServerRefused, SignInRefused
from tui_mail.model.outbox import Step
from tui_mail.smtp.session import Session

LETTER = b"Subject: One\r\nMessage-ID: <one@example.org>\r\n\r\nHello\r\n.\r\n..two\r\nEnd\r\n"


@pytest.mark.parametrize("security", Security)
def test_a_letter_arrives_octet_for_octet_over_each_kind_of_line(post: Post, security: Security) -> None:
    said = post.send(LETTER, security=security)
    assert said.code == 250
    assert "queued as" in said.sentence
    (raw,) = post.arrived(1)
    assert raw.endswith(LETTER)


def test_every_step_is_told_in_its_order(post: Post) -> None:
    post.send(LETTER, security=Security.STARTTLS)
    steps = [step for step, _ in post.told]
    assert steps == [
        Step.CONNECT,
        Step.TLS,
        Step.SIGN_IN,
        Step.SENDER,
        Step.RECIPIENT,
        Step.BYTES,
        Step.COMMIT,
        Step.ACCEPTED,
    ]
    assert "queued as" in post.told[-1][1]


def test_each_recipient_has_an_answer_of_its_own(post: Post) -> None:
    with post.session() as session:
        people = [post.address, NOBODY, LATER, "not an address", "a@b>\r\nRCPT TO:<c@d"]
        found = session.envelope(post.address, people, 100, utf8=False, dsn=False)
        codes = {address: (answer.code, answer.status) for address, answer in found.items()}
        session.send_bytes([LETTER], nothing)
        assert session.commit().accepted
    assert codes == {
        post.address: (250, "2.1.5"),
        NOBODY: (550, "5.1.1"),
        LATER: (450, "4.2.0"),
        "not an address": (553, "5.1.3"),
        "a@b>\r\nRCPT TO:<c@d": (553, "5.1.3"),
    }
    assert found[NOBODY].sentence.endswith("nobody of that name")
    assert found[LATER].passing
    assert len(post.arrived(1)) == 1


def test_a_refused_sender_ends_one_letter_but_not_the_session(post: Post) -> None:
    with post.session() as session:
        with pytest.raises(ServerRefused, match="you may not send") as refused:
            session.envelope(BANNED, [post.address], 10, utf8=False, dsn=False)
        assert refused.value.code.startswith("5.")
        assert handed_in(session, post.address, [post.address], LETTER).accepted
    assert len(post.arrived(1)) == 1


def test_several_letters_go_over_one_connection(post: Post) -> None:
    with post.session() as session:
        for number in range(3):
            handed_in(session, post.address, [post.address], b"Subject: %d\r\n\r\nx\r\n" % number)
    assert len(post.arrived(3)) == 3


def test_progress_counts_the_octets_of_the_letter(post: Post) -> None:
    raw = b"Subject: Large\r\n\r\n" + b"." * 70 + b"\r\n" + (b"x" * 76 + b"\r\n") * 10_000
    heard: list[int] = []
    with post.session() as session:
        session.envelope(post.address, [post.address], len(raw), utf8=False, dsn=False)
        session.send_bytes([raw], heard.append)
        session.commit()
    assert heard == sorted(heard)
    assert heard[-1] == len(raw)
    assert len(heard) == -(-len(raw) // (64 * 1024))
    assert post.arrived(1)[0].endswith(raw)


def test_a_letter_that_is_too_large_is_refused_before_anything_is_sent(post: Post) -> None:
    with post.session() as session:
        assert session.size_limit == SIZE_LIMIT
        with pytest.raises(ServerRefused, match=r"up to 20\.0 MB; this one has 20\.0 MB") as refused:
            session.envelope(post.address, [post.address], SIZE_LIMIT + 1, utf8=False, dsn=False)
        assert refused.value.code == "5.3.4"


@pytest.mark.parametrize("security", Security)
def test_a_wrong_password_is_refused_in_words_that_do_not_hold_it(post: Post, security: Security) -> None:
    with pytest.raises(SignInRefused) as refused, post.session(security, "wrong horse"):
        pass
    assert "refused user name or password" in str(refused.value)
    assert refused.value.code == "5.7.8"
    assert "wrong horse" not in f"{refused.value!r} {refused.value.__context__!r}"


def test_without_tls_only_this_machine_is_spoken_to(post: Post) -> None:
    with (
        Session(post.mailbox.account(), Server("192.0.2.1", 25, Security.NONE), "x", told=print) as session,
        pytest.raises(ConfigError, match="without TLS"),
    ):
        session.open()


@pytest.mark.parametrize("bad", [b"a\rb", b"a\nb", b"a\r\r\nb", b"\0", b"x" * 999, b"a\n.\r\nb", b"end\r"])
def test_a_line_that_must_not_leave_ends_the_letter_before_its_dot(post: Post, bad: bytes) -> None:
    with post.session() as session:
        session.envelope(post.address, [post.address], 100, utf8=False, dsn=False)
        with pytest.raises(MailError, match="it was not sent"):
            session.send_bytes(
                [b"Subject: x\r\n\r\n", bad, b"\r\nrest\r\n"[2 * bad.endswith(b"\r") :]], nothing
            )
    assert post.arrived(0) == []
