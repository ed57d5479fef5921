"""People who write messages from outside, and answer those that they get."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from broker.config.model import SECOND
from broker.simulation.actors.carriers import FarSide
from broker.simulation.actors.visitors import Person
from protocol.message import MessageContentInfo
from protocol.values import Channel, Direction, from_micros

FORMS = (
    ("plain", 6),
    ("html", 3),
    ("both", 2),
    ("script", 1),
    ("empty", 1),
)


@define(eq=False, repr=False)
class Correspondent(Person):
    """Somebody with an address, where answers come in too.

    Attributes:
        far: Where they put what they write.
        post: Says that something lies there.
        threads: The names of the messages of each thread, theirs and ours.
    """

    far: FarSide = field(kw_only=True)
    channel: Channel = field(kw_only=True)
    address: str = field(kw_only=True)
    post: Callable[[str], None] = field(kw_only=True)
    threads: list[list[str]] = field(factory=list)
    written: int = 0

    def begin(self) -> None:
        """Write at some time."""
        self.later(15 * SECOND, self._write)

    def reads(self, message: MessageContentInfo, name: str) -> None:
        """A message has come: perhaps they answer."""
        known = {message.in_reply_to_id, *(message.references or ())}
        thread = next((t for t in self.threads if known & set(t)), None)
        if thread is None:
            thread = []
            self.threads.append(thread)
        thread.append(name)
        if self.rng.happens(0.5):
            self.later(5 * SECOND, lambda: self._write(thread))

    def _write(self, thread: list[str] | None = None) -> None:
        if thread is None:
            self.later(18 * SECOND, self._write)
            again = self.threads and self.rng.happens(0.4)
            thread = self.rng.choose(self.threads) if again else []
            if not again:
                self.threads.append(thread)
        self._put(thread)
        if self.rng.happens(0.1):
            self.later(SECOND, lambda: self._write(thread))

    def _put(self, thread: list[str]) -> None:
        self.written += 1
        name = f"<{self.rng.text(8)}@{self.address}>"
        message = self._message(name, thread)
        thread.append(name)
        self.far.box[name] = message
        self.post(name)

    def _message(self, name: str, thread: list[str]) -> MessageContentInfo:
        rng = self.rng
        word = f"{self.address} {self.written}"
        form = rng.weighed(FORMS)
        html = {
            "html": f"<p>{word}",
            "both": f"<p>{word}</p>",
            "script": f"<script>1</script><b onclick=x>{word}",
        }.get(form)
        text = f"{word}\nGood day" if form in ("plain", "both") else None
        subject = rng.weighed((("Question", 5), ("urgent: answer", 2), (None, 1)))
        is_email = self.channel is Channel.EMAIL
        refers = is_email and bool(thread)
        return MessageContentInfo(
            delivery_system_id=name,
            remote_address=rng.choose((self.address, self.address, self.address.upper())),
            from_field=f"Somebody <{self.address}>" if is_email else None,
            to_field="us@example.com",
            direction=Direction.I,
            received_sent_time=from_micros(self.world.now),
            subject_field=subject if is_email else None,
            body_html=html,
            body_text=text,
            culture=rng.choose((None, "en", "cs")),
            in_reply_to_id=thread[-1] if refers and rng.happens(0.7) else None,
            references=tuple(thread[-5:]) if refers and rng.happens(0.6) else None,
            is_automatic=True if rng.happens(0.15) else None,
            spam_level=rng.weighed(((None, 8), (0, 4), (2, 1), (3, 1))),
        )
