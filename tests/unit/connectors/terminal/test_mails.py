"""Messages in the agent's terminal program, against the core on a socket (B-57)."""

from tests.support.mail_program import MailScene, play_mail


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
        await scene.post.message_sent(sent)
        await scene.face.shows("message [2] is sent")
        assert talk.lines([])[-2].tick == "✓"

    play_mail(scenario)
