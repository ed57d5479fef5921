"""Messages in the agent's terminal program, against the core on a socket (B-57)."""

from datetime import timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from broker.config.model import SECOND
from broker.core.facts.messages import ConversationWrapupEnded
from connectors.terminal.colleagues import HELP as CHAT_HELP
from connectors.terminal.mails import listed_text
from protocol.conversation import ConversationInfo
from protocol.values import ChatStatus, MessageStatus
from tests.support.mail_program import NOON, OFFICE, TEXTS, MailScene, play_mail, wraps_up
from tests.support.wired_core import BOB


def test_a_mail_is_offered_taken_read_and_answered() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes("When do you open?\n> old\n> words")
        await scene.face.shows("[2 quoted lines]")
        await scene.sees("/read", "From: Jana <jana@example.org>\nDate:")
        await scene.sees("/read all", "> old\n> words")
        await scene.types("/answer", "At nine.", "", "Alice")
        assert talk.lines([])[-1].text == "At nine.\n\nAlice"
        await scene.types(".")
        sent = await scene.is_to_send()
        assert (sent.body_text, sent.remote_address) == ("At nine.\n\nAlice", "jana@example.org")
        assert sent.subject_field == "Re: Opening hours"
        await scene.face.shows("At nine.")
        assert talk.writing is None
        assert [line.who for line in talk.lines([]) if line.counter == 2] == ["Alice"]
        await scene.post.message_sent(sent)
        await scene.face.shows("message [2] is sent")
        assert [line.tick for line in talk.lines([]) if line.counter == 2] == ["✓"]

    play_mail(scenario)


def test_what_a_stranger_writes_commands_nothing() -> None:
    async def scenario(scene: MailScene) -> None:
        await scene.takes("a\x1b[2Jb \u202ec", subject_field="x\x1b]0;y", from_field="\x9bJana")
        await scene.face.shows("a�[2Jb �c")
        await scene.sees("/read", "Subject: x�]0;y")
        assert not set("\x1b\u202e\x9b") & set("".join(scene.face.lines))

    play_mail(scenario)


def test_what_comes_into_it_is_shown_and_counted_where_nobody_looks() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.comes("And on Sunday?", in_reply_to_id="<m1@example.org>")
        await scene.face.shows("And on Sunday?")
        assert talk.unread == 0
        scene.terminal.active = None
        await scene.comes("Hello?", in_reply_to_id="<m1@example.org>")
        await scene.face.shows("Hello?")
        assert talk.unread == 1
        await scene.sees("/chats", "#1 Email: Jana: open")
        await scene.types("/1")
        assert (talk.unread, scene.terminal.mail_on_screen) == (0, talk)

    play_mail(scenario)


def test_a_draft_is_kept_and_gone_on_with_by_a_program_that_was_started_anew() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/subject Saturday", "/cc bob@example.org", "/answer", "At")
        while scene.terminal._mails.writing.under_way:
            await anyio.lowlevel.checkpoint()
        kept = scene.conversation(talk).draft
        assert kept is not None
        assert (kept.content.subject_field, kept.content.to_cc_field) == (
            "Saturday",
            "bob@example.org",
        )
        async with scene.another() as other:
            await other.face.shows("a draft was kept")
            await other.types("/1", "/answer", "nine.", ".")
            sent = await scene.is_to_send()
            assert (sent.body_text, sent.to_cc_field) == ("At\nnine.", "bob@example.org")
            await other.idles()
        assert scene.conversation(talk).draft is None

    play_mail(scenario)


def test_what_is_dropped_is_kept_nowhere() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/answer At nine", "/drop")
        assert (talk.writing, talk.is_writing) == (None, False)
        while scene.terminal._mails.writing.under_way:
            await anyio.lowlevel.checkpoint()
        assert scene.conversation(talk).draft is None
        await scene.sees("/drop", "nothing is being written")
        await scene.sees("hello", "/answer begins an answer")

    play_mail(scenario)


def test_lines_that_are_written_are_no_commands_and_blank_ones_count() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.sees("/answer", "write lines, a line with a dot alone sends them")
        await scene.sees(".", "nothing is written yet")
        await scene.types("//etc is a folder", "", "  indented")
        assert talk.writing is not None
        assert talk.writing.lines == ["/etc is a folder", "", "  indented"]
        await scene.types("/edit")
        assert talk.writing.lines[-1] == "  indented and edited"

    play_mail(scenario)


def test_several_lines_that_are_pasted_are_several_and_send_nothing() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/answer", "one\n.\ntwo")
        assert talk.writing is not None
        assert talk.writing.lines == ["one", ".", "two"]

    play_mail(scenario)


def test_a_file_that_is_on_its_way_is_waited_for() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/answer Here it is")
        assert talk.writing is not None
        talk.writing.attaching = 1
        await scene.sees(".", "a file is still on its way")
        assert not talk.writing.is_under_way

    play_mail(scenario)


def test_a_message_is_passed_on_with_what_it_says() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes("Where is my\nparcel?")
        await scene.sees("/forward", "/forward ADDRESS [N]")
        await scene.types("/forward store@example.org", "Please look.", ".")
        sent = await scene.is_to_send()
        assert (sent.remote_address, sent.subject_field) == (
            "store@example.org",
            "Fwd: Opening hours",
        )
        assert sent.body_text is not None
        assert sent.body_text.startswith("Please look.\n\n> From: Jana <jana@example.org>")
        assert sent.body_text.endswith("> Where is my\n> parcel?")
        await scene.idles()
        assert talk.writing is None

    play_mail(scenario)


def test_files_go_out_and_are_saved(tmp_path: Path) -> None:
    """B-61."""
    bill, folder = tmp_path / "bill.txt", tmp_path / "got"
    bill.write_text("12 EUR")
    folder.mkdir()

    async def scenario(scene: MailScene) -> None:
        await scene.takes()
        await scene.sees(f"/attach {tmp_path / 'none'}", "not attached: ")
        await scene.sees(f"/attach {bill}", "attached: bill.txt")
        await scene.types("Here it is.", ".")
        sent = await scene.is_to_send()
        assert sent.attachments is not None
        assert [(one.name, one.size) for one in sent.attachments] == [("bill.txt", 6)]
        await scene.face.shows("[2.1] bill.txt (6 bytes")
        await scene.sees(f"/save 2.1 {folder}", f"saved as {folder / 'bill.txt'}")
        await scene.sees(f"/save {folder}", f"saved as {folder / 'bill-2.txt'}")
        assert [file.read_text() for file in folder.iterdir()] == ["12 EUR", "12 EUR"]
        await scene.sees("/save 2.7", "no such attachment")
        await scene.sees("/save 1.1", "no such attachment")

    play_mail(scenario)


def test_it_is_put_aside_until_a_time_and_taken_back() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.sees("/park soon", "/park [WHEN], as 14:30, ")
        await scene.sees("/park", "put aside until they write; /pick takes it back")
        assert scene.terminal.bar(79) == ["[#1 Email: Jana, put aside]"]
        await scene.sees("/answer", "the conversation is not yours; /pick takes it")
        await scene.types("/pick 1")
        assert talk.status is ChatStatus.ANSWERED
        aside = scene.core.state.messages.conversations[talk.id].aside
        assert aside is None

    play_mail(scenario)


def test_a_time_is_sent_as_it_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        far = "the time must be later, within a year"  # the core's time stands still, in 2026
        monkeypatch.setattr(
            "connectors.terminal.mails.until", lambda _text, now: now + timedelta(days=9000)
        )
        await scene.sees("/park 3d", far)
        assert talk.status is ChatStatus.ANSWERED

    play_mail(scenario)


def test_it_is_noted_given_back_picked_and_finished() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.sees("/note", "/note TEXT")
        await scene.sees("/note ask the store", "note of Alice: ask the store")
        await scene.sees("/return", "#1 Email: Jana is not with you any more")
        await scene.sees("/mails", "#1 Jana, Opening hours (Office / Support): waits")
        await scene.sees("/pick 7", "which one? /mails gives them numbers")
        await scene.types("/pick 1")
        assert scene.terminal.mail_on_screen is not None
        await scene.sees("/finish : solved", "the conversation is closed by its agent")
        assert not scene.conversation(talk).is_open

    play_mail(scenario)


def test_it_is_wrapped_up_and_that_is_ended_with_a_code() -> None:
    """B-57: shown in the list as of chats, and at the start of a program that did not see it begin."""

    async def scenario(scene: MailScene) -> None:
        wraps_up(scene.core)
        talk = await scene.takes()
        await scene.sees("/done", "no wrap-up runs")
        await scene.sees("/finish", "you write up #1 Email: Jana, until ")
        await scene.sees("/chats", "#1 Email: Jana: wrap-up")
        async with scene.another() as anew:
            await anew.face.shows("you still write up #1 Jana <jana@example.org>, until ")
            await anew.sees("/done #7", "no wrap-up runs for this chat")
            await anew.sees("/done #1 solved: by hand", "the wrap-up of #1 ")
            assert scene.conversation(talk).wrapping is None
            (over,) = [f for f in scene.core.facts if isinstance(f, ConversationWrapupEnded)]
            assert (over.code, over.note) == ("solved", "by hand")

    play_mail(scenario)


def test_it_is_handed_over_and_unwanted_mail_is_marked() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.sees("/transfer Boris", "nobody's name begins like")
        await scene.sees("/who", "1 of 3 conversations")
        await scene.types("/transfer Bob they know it")
        offer = scene.conversation(talk).offer
        assert offer is not None
        assert (offer.agent, offer.note) == (BOB, "they know it")
        await scene.types("/transfer back")
        assert scene.conversation(talk).offer is None
        await scene.sees("/spam", "the conversation is closed")
        assert scene.conversation(talk).is_spam

    play_mail(scenario)


def test_what_has_become_of_a_message_is_told_and_it_is_tried_again() -> None:
    """B-54, B-62."""

    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/answer", "At nine.", ".")
        sent = await scene.is_to_send()
        await scene.post.message_sent(sent, error="permanent: no such mailbox")
        await scene.face.shows(
            "message [2] could not be sent; /retry tries it again (attempt 1): permanent: no"
        )
        assert "[could not be sent; /retry tries it again (attempt 1): permanent: no" in (
            next(line.text for line in talk.lines([]) if line.counter == 2)
        )
        await scene.sees("/cancel", "the message: it is Failed")
        await scene.types("/retry")
        again = await scene.is_to_send()
        assert again.message_id == sent.message_id
        await scene.sees("/retry 9", "no message [9] is known here")
        assert again.message_id is not None
        status = scene.core.state.messages.messages[again.message_id].delivery
        assert status is not None
        assert status.status is MessageStatus.SENDING

    play_mail(scenario)


def test_an_attempt_that_was_not_answered_is_told_as_unknown() -> None:
    """B-55."""

    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        await scene.types("/answer", "At nine.", ".")
        await scene.is_to_send()
        scene.core.wait(90)
        await scene.broker.flush()
        await scene.face.shows("is tried again (attempt 1): no answer came in time")
        (line,) = (line.text for line in talk.lines([]) if line.counter == 2)
        assert "they may have a copy" in line

    play_mail(scenario)


def test_a_message_to_somebody_who_has_not_written_begins_a_conversation() -> None:
    async def scenario(scene: MailScene) -> None:
        await scene.sees("/mail new Office", "/mail new GATEWAY ADDRESS")
        await scene.sees("/mail old Office eva@example.org", "/mail new GATEWAY ADDRESS")
        await scene.sees("/mail new Office eva@example.org", "to eva@example.org: write lines")
        await scene.sees("/chats", "#1 eva@example.org: being written")
        await scene.types(".")
        await scene.face.shows("nothing is written yet")
        for command in ("/read", "/finish", "/park", "/end"):
            await scene.sees(command, "nothing is sent yet")
        await scene.types("/subject Your boots", "They are here.")
        begun = scene.terminal.mail_on_screen
        assert begun is not None
        assert begun.lines([])[-1].text == "They are here."
        await scene.types(".")
        sent = await scene.is_to_send()
        assert (sent.remote_address, sent.subject_field) == ("eva@example.org", "Your boots")
        assert (sent.body_text, sent.gateway_id) == ("They are here.", OFFICE)
        await scene.face.shows("the conversation is yours")
        await scene.idles()
        talk = scene.terminal.mail_on_screen
        assert talk is not None
        assert (talk.id, talk.number) == (sent.conversation_id, scene.terminal.number_of(talk.ref))
        assert list(scene.terminal.talks.values()) == [talk]
        await scene.post.message_sent(sent)
        await scene.face.shows("message [1] is sent")

    play_mail(scenario)


def test_a_message_that_is_not_taken_is_kept_and_may_be_dropped() -> None:
    async def scenario(scene: MailScene) -> None:
        await scene.types("/mail new No such eva@example.org", "They are here.")
        await scene.sees(".", "not sent, and kept; /answer goes on with it")
        talk = scene.terminal.mail_on_screen
        assert talk is not None
        assert talk.writing is not None
        assert talk.writing.lines == ["They are here."]
        await scene.sees("/drop", "dropped")
        assert scene.terminal.mail_on_screen is None
        assert not scene.terminal.talks

    play_mail(scenario)


def test_by_when_an_answer_is_due_stands_in_the_list_and_beside_its_name() -> None:
    async def scenario(scene: MailScene) -> None:
        talk = await scene.takes()
        assert scene.terminal.status_parts()[1].text == "#1 Email: Jana: open"
        talk.due = NOON
        assert ", answer by Thu " in scene.terminal.status_parts()[1].text
        await scene.types("/answer", "At nine.", ".")
        await scene.is_to_send()
        await scene.idles()
        assert talk.due is None

    play_mail(scenario)


def test_a_contact_is_named_where_one_is_known() -> None:
    info = ConversationInfo(
        remote_name="Jana", contact_name="Jana Dvorak", due_utc=NOON, gateway_name="Office"
    )
    assert "; contact: Jana Dvorak; answer by Thu " in listed_text(info)


def test_an_offer_is_declined_and_commands_of_chats_are_not_for_mail() -> None:
    async def scenario(scene: MailScene) -> None:
        await scene.comes()
        await scene.face.shows("writes, Opening hours (Support)")
        await scene.sees("/reject", "the offer of #1 Email: Jana is over")
        await scene.takes("Another one", remote_address="eva@example.org")
        await scene.sees("/invite Bob", "/invite is for chats")
        await scene.sees("/bogus", "no command /bogus")

    play_mail(scenario)


def test_the_help_is_that_of_what_is_on_the_screen_and_fits() -> None:
    async def scenario(scene: MailScene) -> None:
        assert CHAT_HELP in scene.terminal.help
        await scene.sees("/mail", "/answer                 write")
        await scene.takes()
        lines = scene.terminal.help.splitlines()
        assert lines[0].startswith("Messages")
        assert len(lines) <= 20
        assert max(len(f"· {line}") for line in lines) <= 80

    play_mail(scenario)


def test_a_text_is_a_sentence_of_a_chat_and_the_last_ones_of_before_are_shown() -> None:
    """B-60."""

    async def scenario(scene: MailScene) -> None:
        number = {"gateway_id": TEXTS, "remote_address": "+420601000001", "from_field": None}
        await scene.comes("Is it there?", **number)
        await scene.face.shows("calls, Support")
        await scene.types("/accept")
        await scene.face.shows("Is it there?")
        await scene.types("Not yet.")
        sent = await scene.is_to_send()
        assert (sent.body_text, sent.remote_address) == ("Not yet.", "+420601000001")
        await scene.types("/end")
        await scene.face.shows("closed by its agent")
        scene.core.now += SECOND  # or the chat would go on
        before = len(scene.face.lines)
        await scene.comes("And now?", **number)
        await scene.face.shows("calls, Support", before)
        await scene.types("/accept")
        await scene.face.shows("And now?", before)
        said = [line.partition(": ")[2] for line in scene.face.lines[before:] if "earlier" in line]
        assert said == ["Is it there?", "Not yet."]

    play_mail(scenario)
