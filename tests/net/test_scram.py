"""SCRAM against the vectors of its RFC, an honest server, and servers that are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.scram import ScramServer
from tui_mail.model.errors import CertificateError
from tui_mail.net.binding import Binding
from tui_mail.net.saslprep import saslprep
from tui_mail.net.scram import ROUNDS_LIMIT, Scram

WHERE = "mail.example:993"
BINDING = Binding("tls-unique", b"\0of this connection\xff")


def test_the_vectors_of_rfc_7677_hold() -> None:
    scram = Scram(WHERE, "user", "pencil", nonce="rOprNGfwEbeRWgbNEkqO")
    assert scram.name == "SCRAM-SHA-256"
    assert scram.first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    assert scram.answer(
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    ) == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert scram.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") == b""
    scram.accepted()


@given(
    st.text(st.characters(exclude_characters="\0\r\n"), min_size=1, max_size=20),
    st.text(st.characters(exclude_characters="\0\r\n"), min_size=1, max_size=20),
    st.sampled_from([(None, False), (BINDING, False), (BINDING, True)]),
)
def test_both_halves_agree_whatever_the_words_are(
    name: str, password: str, how: tuple[Binding | None, bool]
) -> None:
    binding, plus = how
    scram = Scram(WHERE, name, password, binding=binding, plus_offered=plus)
    known = saslprep(password).encode("utf-8", "surrogatepass")
    server = ScramServer(known, BINDING.data if plus else None, rounds=1)
    final = server.judge(scram.answer(server.answer(scram.first)))
    assert final.startswith(b"v=")
    assert scram.may_try_another is False
    assert scram.answer(final) == b""
    scram.accepted()
    assert server.bare.count(b",") == 1
    expected = {(None, False): b"n,,", (BINDING, False): b"y,,", (BINDING, True): b"p=tls-unique,,"}
    assert server.header == expected[how]


def test_a_wrong_password_is_an_ordinary_refusal_after_the_proof() -> None:
    scram, server = Scram(WHERE, "bob", "wrong"), ScramServer(b"right")
    assert scram.may_try_another
    assert scram.answer(server.judge(scram.answer(server.answer(scram.first)))) == b""
    assert scram.refusal == "invalid-proof"
    assert not scram.may_try_another
    with pytest.raises(CertificateError):
        scram.accepted()


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"", "something else"),
        (b"r=NONCE,s=c2FsdA==,i=4096", "another sign-in"),
        (b"r=NONC,s=c2FsdA==,i=4096", "another sign-in"),
        (b"r=xNONCEy,s=c2FsdA==,i=4096", "another sign-in"),
        (b"r=NONCEy,s=c2FsdA,i=4096", "something else"),
        (b"r=NONCEy,s=,i=4096", "something else"),
        (b"r=NONCEy,s=c2FsdA==,i=0", "something else"),
        (b"r=NONCEy,s=c2FsdA==,i=-1", "something else"),
        (b"r=NONCEy,s=c2FsdA==,i=%d" % (ROUNDS_LIMIT + 1), "600,001 rounds"),
        (b"r=NONCEy,s=c2FsdA==,i=99999999999999", "something else"),
        (b"m=ext,r=NONCEy,s=c2FsdA==,i=4096", "something else"),
        (b"s=c2FsdA==,r=NONCEy,i=4096", "something else"),
        (b"v=c2FsdA==", "something else"),
        (b"e=channel-bindings-dont-match", "another connection"),
        (b"e=server-does-support-channel-binding", "another connection"),
    ],
)
def test_a_first_answer_that_is_no_scram_ends_it(first: bytes, words: str) -> None:
    scram = Scram(WHERE, "bob", "secret", nonce="NONCE")
    with pytest.raises(CertificateError, match=words):
        scram.answer(first)


@pytest.mark.parametrize("final", [b"", b"v=", b"v=AAAA", b"v=!", b"r=x", b"x=y"])
def test_a_server_that_cannot_prove_itself_is_left(final: bytes) -> None:
    scram, server = Scram(WHERE, "bob", "secret"), ScramServer(b"secret")
    scram.answer(server.answer(scram.first))
    with pytest.raises(CertificateError, match="prove that it knows"):
        scram.answer(final)


def test_the_signature_of_another_sign_in_proves_nothing() -> None:
    old = Scram(WHERE, "bob", "secret")
    server = ScramServer(b"secret")
    replayed = server.judge(old.answer(server.answer(old.first)))
    scram = Scram(WHERE, "bob", "secret")
    scram.answer(server.answer(scram.first))
    with pytest.raises(CertificateError):
        scram.answer(replayed)


def test_someone_between_is_noticed_by_either_end() -> None:
    scram = Scram(WHERE, "bob", "secret", binding=BINDING, plus_offered=True)
    server = ScramServer(b"secret", b"another connection")
    verdict = server.judge(scram.answer(server.answer(scram.first)))
    assert verdict == b"e=channel-bindings-dont-match"
    with pytest.raises(CertificateError, match="another connection"):
        scram.answer(verdict)
    hidden = Scram(WHERE, "bob", "secret", binding=BINDING, plus_offered=False)  # -PLUS was taken out
    verdict = server.judge(hidden.answer(server.answer(hidden.first)))
    assert verdict == b"e=server-does-support-channel-binding"
    with pytest.raises(CertificateError):
        hidden.answer(verdict)


def test_a_binding_the_server_does_not_know_leaves_the_way_without_one_open() -> None:
    scram = Scram(WHERE, "bob", "secret", binding=BINDING, plus_offered=True)
    assert scram.answer(b"e=unsupported-channel-binding-type") == b""
    assert scram.may_try_another
    assert Scram(WHERE, "bob", "secret", plus_offered=True).first.startswith(b"n,,")


@given(
    st.lists(st.binary(max_size=100) | st.sampled_from([b"e=x", b"v=AAAA", b"r=Ny,s=AAAA,i=1"]), max_size=4)
)
def test_nothing_a_server_says_raises_anything_else(challenges: list[bytes]) -> None:
    scram = Scram(WHERE, "bob", "secret", nonce="N")
    for challenge in challenges:
        try:
            said = scram.answer(challenge)
        except CertificateError:
            return
        assert b"secret" not in said
    with pytest.raises(CertificateError):
        scram.accepted()


@pytest.mark.parametrize(
    ("word", "prepared"),
    [
        ("I\u00adX", "IX"),  # the table of RFC 4013 §3
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("\u0007", "\u0007"),  # prohibited: as it was typed
        ("\u0627\u0031", "\u0627\u0031"),  # ends in the other direction: as it was typed
        ("a\u00a0b", "a b"),
        ("\u00ad", "\u00ad"),  # nothing would be left
        ("pa\u0308ss", "p\u00e4ss"),
        ("\u0627\u0644", "\u0627\u0644"),
    ],
)
def test_words_that_look_alike_become_one(word: str, prepared: str) -> None:
    assert saslprep(word) == prepared


@given(st.text(max_size=30))
def test_preparing_twice_changes_nothing(word: str) -> None:
    assert saslprep(saslprep(word)) == saslprep(word)
