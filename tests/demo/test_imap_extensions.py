"""The IMAP counter, word by word: extensions, news, and what it refuses."""

import asyncio
import base64
import re

import pytest

from tests.demo.conftest import Talks
from tui_mail.demo.imap.connection import CAPABILITIES, LITERAL_LIMIT
from tui_mail.demo.post_office import PostOffice


async def test_capabilities_are_told_before_and_after_signing_in(office: PostOffice, talks: Talks) -> None:
    talk = await talks(signed_in=False)
    assert (await talk.say("CAPABILITY"))[0] == f"* CAPABILITY {CAPABILITIES}"
    word = base64.b64encode(f"\0{office.user('home').address}\0{office.passwords['home']}".encode()).decode()
    assert f"[CAPABILITY {CAPABILITIES}]" in (await talk.say(f"AUTHENTICATE PLAIN {word}"))[-1]


async def test_commands_wait_for_their_phase(talks: Talks) -> None:
    talk = await talks(signed_in=False)
    assert (await talk.say("SELECT INBOX"))[-1].startswith("BAD")
    talk = await talks()
    assert (await talk.say("FETCH 1 FLAGS"))[-1].startswith("BAD")
    assert (await talk.say("LOGIN a b"))[-1].startswith("BAD")


async def test_id_namespace_and_enable_answer(talks: Talks) -> None:
    talk = await talks()
    assert (await talk.say("ID NIL"))[0].startswith('* ID ("name"')
    assert (await talk.say("NAMESPACE"))[0] == '* NAMESPACE (("" "/")) NIL NIL'
    assert (await talk.say("ENABLE CONDSTORE X-OTHER"))[0] == "* ENABLED CONDSTORE"
    assert (await talk.say("ENABLE QRESYNC"))[0] == "* ENABLED QRESYNC"
    assert (await talk.say("ENABLE X-OTHER"))[0] == "* ENABLED"


async def test_one_command_lists_everything_with_its_state(office: PostOffice, talks: Talks) -> None:
    talk = await talks()
    items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ"
    lines = await talk.say(f'LIST "" "*" RETURN (SPECIAL-USE SUBSCRIBED CHILDREN STATUS ({items}))')
    user = office.user("work")
    assert sum(line.startswith("* STATUS") for line in lines) == len(user.mailboxes)
    assert '* LIST (\\Sent \\HasNoChildren \\Subscribed) "/" Sent' in lines
    assert '* LIST (\\Noselect \\HasChildren) "/" Projects' in lines
    inbox = user.mailbox("INBOX")
    assert (
        f"* STATUS INBOX (MESSAGES {len(inbox.messages)} UIDNEXT {inbox.uidnext}"
        f" UIDVALIDITY {inbox.uidvalidity} UNSEEN {inbox.unseen()} HIGHESTMODSEQ {inbox.modseq})"
    ) in lines


async def test_list_selects_by_use_by_subscription_and_by_several_patterns(talks: Talks) -> None:
    talk = await talks()
    lines = await talk.say('LIST (SPECIAL-USE) "" "*"')
    assert [line.rpartition(" ")[2] for line in lines[:-1]] == ["Archive", "Drafts", "Junk", "Sent", "Trash"]
    assert len(await talk.say('LIST "" ("Sent" "Dra%")')) == 3
    await talk.say("UNSUBSCRIBE Junk")
    assert not any("Junk" in line for line in await talk.say('LIST (SUBSCRIBED) "" "*"'))
    lines = await talk.say('LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"')
    assert '* LIST (\\Noselect \\HasChildren) "/" Projects ("CHILDINFO" ("SUBSCRIBED"))' in lines
    assert (await talk.say('LIST "" ""'))[0] == '* LIST (\\Noselect) "/" ""'
    assert (await talk.say('LIST (RECURSIVEMATCH) "" "*"'))[-1].startswith("BAD")


async def test_many_wildcards_cost_nothing(talks: Talks) -> None:
    talk = await talks()
    assert (await talk.say(f'LIST "" "{"*" * 5000}Z"'))[-1].startswith("OK")


async def test_copyuid_pairs_old_uids_with_new_ones(office: PostOffice, talks: Talks) -> None:
    talk = await talks()
    archive = office.user("work").mailbox("Archive")
    new = archive.uidnext
    await talk.say("SELECT INBOX")
    assert (
        f"[COPYUID {archive.uidvalidity} 2,4:5 {new}:{new + 2}]"
        in (await talk.say("UID COPY 2,4:5 Archive"))[-1]
    )
    lines = await talk.say("UID MOVE 4:5,9 Archive")
    assert f"* OK [COPYUID {archive.uidvalidity} 4:5,9 {new + 3}:{new + 5}]" in lines[0]
    assert [line for line in lines if "EXPUNGE" in line] == ["* 4 EXPUNGE", "* 4 EXPUNGE", "* 7 EXPUNGE"]
    assert (await talk.say("UID MOVE 99999 Archive"))[-1].startswith("OK")
    assert "[TRYCREATE]" in (await talk.say("UID MOVE 1 Nowhere"))[-1]


async def test_changes_since_a_modseq_are_told_and_nothing_else(office: PostOffice, talks: Talks) -> None:
    talk, other = await talks(), await talks()
    lines = await talk.say("SELECT INBOX (CONDSTORE)")
    since = int(re.findall(r"HIGHESTMODSEQ (\d+)", "".join(lines))[0])
    assert len(await talk.say(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since})")) == 1
    await other.say("SELECT INBOX")
    await other.say("UID STORE 3,7 +FLAGS.SILENT (\\Flagged)")
    lines = await talk.say(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since})")
    assert re.findall(r"UID (\d+) FLAGS", "".join(lines)) == ["3", "7"]
    assert office.user("work").mailbox("INBOX").modseq == since + 2
    assert (await talk.say(f"UID SEARCH MODSEQ {since + 1}"))[0] == f"* SEARCH 3 7 (MODSEQ {since + 2})"


async def test_what_left_is_told_by_its_uid_to_those_who_know_the_mailbox(
    office: PostOffice, talks: Talks
) -> None:
    talk, other = await talks(), await talks()
    assert "BAD" in (await talk.say("SELECT INBOX (QRESYNC (1 1))"))[-1]
    await talk.say("ENABLE QRESYNC")
    box = office.user("work").mailbox("INBOX")
    since, known = box.modseq, f"{box.uidvalidity} {box.modseq}"
    await other.say("SELECT INBOX")
    await other.say("UID STORE 3 +FLAGS.SILENT (\\Flagged)")
    await other.say("UID MOVE 5:6,8 Archive")
    lines = await talk.say(f"SELECT INBOX (QRESYNC ({known}))")
    assert lines[-3:-1][0] == "* VANISHED (EARLIER) 5:6,8"
    assert "UID 3 FLAGS" in lines[-2]
    await other.say("UID MOVE 9 Archive")
    assert (await talk.say("NOOP"))[0] == "* VANISHED 9"
    lines = await talk.say(f"UID FETCH 1:8 (FLAGS) (CHANGEDSINCE {since} VANISHED)")
    assert lines[0] == "* VANISHED (EARLIER) 5:6,8"
    assert len(lines) == 3
    lines = await talk.say(f"SELECT INBOX (QRESYNC ({box.uidvalidity + 1} 1))")
    assert not any("VANISHED" in line for line in lines)


async def test_a_store_stands_back_from_what_changed_in_the_meantime(talks: Talks) -> None:
    talk, other = await talks(), await talks()
    for one in (talk, other):
        await one.say("SELECT INBOX (CONDSTORE)")
    lines = await talk.say("UID FETCH 5 (MODSEQ)")
    found = re.search(r"MODSEQ \((\d+)\)", lines[0])
    assert found is not None
    await other.say("UID STORE 5 +FLAGS ($Work)")
    lines = await talk.say(f"UID STORE 5:6 (UNCHANGEDSINCE {found[1]}) +FLAGS.SILENT (\\Deleted)")
    assert "[MODIFIED 5" in lines[-1]
    assert "\\Deleted" not in (await talk.say("UID FETCH 5 (FLAGS)"))[0]


async def test_silent_stores_tell_the_new_modseq_to_those_who_asked(talks: Talks) -> None:
    talk = await talks()
    await talk.say("SELECT INBOX")
    assert len(await talk.say("UID STORE 2 +FLAGS.SILENT ($Plain)")) == 1
    await talk.say("ENABLE CONDSTORE")
    lines = await talk.say("UID STORE 2 -FLAGS.SILENT ($Plain)")
    assert re.fullmatch(r"\* 2 FETCH \(UID 2 MODSEQ \(\d+\)\)", lines[0])


async def test_esearch_answers_in_ranges(talks: Talks) -> None:
    talk = await talks()
    await talk.say("SELECT INBOX")
    lines = await talk.say("UID SEARCH RETURN (MIN MAX ALL COUNT) UID 2:6,9")
    assert re.fullmatch(r'\* ESEARCH \(TAG "t\d+"\) UID MIN 2 MAX 9 ALL 2:6,9 COUNT 6', lines[0])
    lines = await talk.say("UID SEARCH RETURN () UID 100000")
    assert re.fullmatch(r'\* ESEARCH \(TAG "t\d+"\) UID', lines[0])


async def test_idle_hears_of_everything_at_once(office: PostOffice, talks: Talks) -> None:
    quiet, busy = await talks(), await talks()
    await quiet.say("SELECT INBOX")
    await busy.say("SELECT INBOX")
    count = len(office.user("work").mailbox("INBOX").messages)
    quiet.writer.write(b"i IDLE\r\n")
    assert await quiet.line() == "+ idling"
    await busy.say("UID STORE 3 +FLAGS (\\Answered)")
    assert re.fullmatch(r"\* 3 FETCH \(UID 3 FLAGS \(.*\\Answered.*\)\)", await quiet.line())
    while (letter := office.deliver_next()) is not None and letter.account != "work":
        pass
    assert await quiet.line() == f"* {count + 1} EXISTS"
    await busy.say("UID MOVE 3 Trash")
    assert await quiet.line() == "* 3 EXPUNGE"
    quiet.writer.write(b"DONE\r\n")
    assert (await quiet.line()).startswith("i OK")


async def test_numbers_hold_still_while_they_are_used(talks: Talks) -> None:
    one, other = await talks(), await talks()
    await one.say("SELECT INBOX")
    await other.say("SELECT INBOX")
    await other.say("UID MOVE 1 Trash")
    lines = await one.say("FETCH 2 (UID)")
    assert lines[0] == "* 2 FETCH (UID 2)"
    assert not any("EXPUNGE" in line for line in lines)
    assert "* 1 EXPUNGE" in await one.say("NOOP")
    assert (await one.say("FETCH 1 (UID)"))[0] == "* 1 FETCH (UID 2)"


async def test_a_letter_that_came_and_went_unheard_is_never_mentioned(
    office: PostOffice, talks: Talks
) -> None:
    one = await talks()
    await one.say("SELECT INBOX")
    inbox = office.user("work").mailbox("INBOX")
    first = next(iter(inbox.messages.values()))
    stored = inbox.add(first.content, first.moment)
    inbox.remove([stored.uid])
    assert len(await one.say("NOOP")) == 1


async def test_who_has_a_deleted_folder_open_is_sent_away(talks: Talks) -> None:
    one, other = await talks(), await talks()
    await one.say('SELECT "Projects/Kestrel Point"')
    one.writer.write(b"i IDLE\r\n")
    await one.line()
    assert (await other.say('DELETE "Projects/Kestrel Point"'))[-1].startswith("OK")
    assert (await one.line()).startswith("* BYE")
    assert await one.reader.read() == b""


async def test_what_cannot_be_read_is_bad_and_the_line_stays_open(talks: Talks) -> None:
    talk = await talks()
    await talk.say("SELECT INBOX")
    for command in (
        "FLY",
        "FETCH",
        "FETCH 1 (BODY[",
        "FETCH 0 FLAGS",
        "UID FETCH 1 (BODY[MIME])",
        "SEARCH SINCE yesterday",
        "SEARCH OR ALL",
        "STORE 1 FLAGS",
        "STATUS INBOX (WEATHER)",
        "NOOP now",
    ):
        assert (await talk.say(command))[-1].startswith("BAD"), command
    assert (await talk.say("NOOP"))[-1].startswith("OK")


async def test_endless_nonsense_ends_the_connection(talks: Talks) -> None:
    talk = await talks()
    for _ in range(21):
        await talk.say("FLY")
    assert await talk.reader.read() == b""


@pytest.mark.parametrize(
    "bait", [b"A" * 70_000, b"a APPEND INBOX {%d}\r\n" % (LITERAL_LIMIT + 1)], ids=["line", "literal"]
)
async def test_what_is_too_long_ends_the_connection(talks: Talks, bait: bytes) -> None:
    talk = await talks()
    talk.writer.write(bait)
    assert (await talk.line()).startswith("* BYE")
    assert await talk.reader.read() == b""


async def test_a_client_that_vanishes_leaves_no_trace(office: PostOffice, talks: Talks) -> None:
    talk = await talks()
    await talk.say("SELECT INBOX")
    talk.writer.transport.abort()
    inbox = office.user("work").mailbox("INBOX")
    async with asyncio.timeout(20):
        while inbox.listeners:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
