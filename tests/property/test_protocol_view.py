"""Laws of the fold: what a view makes of pushes is what a fresh snapshot says."""

from datetime import UTC, datetime
from typing import Any

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatStatusInfo,
)
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, PartyState, Role, TransferMode
from protocol.view import View, differences

TIME = datetime(2026, 1, 1, tzinfo=UTC)
CHAT = Guid("0f8fad5b-d9cb-469f-a165-70867728950e")
NAMES: dict[str, Any] = {"peer": "p", "tracking_id": "t", "chat_id": CHAT}
SLOTS = {4: "panel", 6: "navigation", 8: "co_browsing_data"}
PARTIES = st.sampled_from(
    [
        None,
        (),
        *(
            (ChatPartyInfo(mode=mode, state=state),)
            for mode in TransferMode
            for state in PartyState
        ),
    ]
)
OPEN = [ChatStatus.WAITING, ChatStatus.ALERTING, ChatStatus.ANSWERED]


class FoldOfOneChat(RuleBasedStateMachine):
    """A chat as the broker keeps it, and the view of one who hears of it."""

    role: Role

    @initialize(role=st.sampled_from(Role))
    def begin(self, role: Role) -> None:
        self.role = role
        self.view = View(role)
        self.said: list[ChatSentenceInfo] = []
        self.notes: list[ChatSentenceInfo] = []
        self.latest = ChatStatusInfo(**NAMES, status=ChatStatus.ANSWERED, info=ChatInfo())
        self.missing: set[str] = set()
        self.heard: list[Frame] = []
        self.resync()

    def snapshot(self) -> Frame:
        notes = tuple(self.notes) if self.role is Role.WORKPLACE else None
        whole = evolve(self.latest, sentences=tuple(self.said), internal=notes)
        return self.frame("STATUS", whole)

    def frame(self, name: str, payload: object) -> Frame:
        return Frame(f"{'SE' if self.role is Role.CONNECTOR else 'SC'}_CHAT_{name}", payload)

    def push(self, frame: Frame) -> None:
        self.heard.append(frame)
        self.view.fold(frame)

    @rule(outbound=st.booleans(), note=st.booleans(), is_lost=st.booleans())
    def say(self, outbound: bool, note: bool, is_lost: bool) -> None:
        counter = len(self.said) + 1
        own = sum(s.is_outbound is outbound for s in self.said)
        sentence = ChatSentenceInfo(
            **NAMES,
            id=f"s{own}",  # unique in its direction only
            text=f"line {counter}",
            time_sent=TIME,
            is_outbound=outbound,
            counter=counter,
            model=2 if note else 0,
        )
        self.said.append(sentence)
        self.tell(sentence, is_lost=is_lost)

    @rule(is_outbound=st.booleans(), is_lost=st.booleans())
    def note(self, is_outbound: bool, is_lost: bool) -> None:
        """What agents say to each other, under keys and counters that the transcript has too."""
        if self.role is Role.CONNECTOR:
            return
        counter = len(self.notes) + 1
        sentence = ChatSentenceInfo(
            **NAMES,
            id=f"s{counter}",
            text=f"note {counter}",
            time_sent=TIME,
            is_outbound=is_outbound,
            counter=counter,
            model=10,
        )
        self.notes.append(sentence)
        self.tell(sentence, is_lost=is_lost)

    def tell(self, sentence: ChatSentenceInfo, *, is_lost: bool) -> None:
        row = "notes" if sentence.model == 10 else "said"
        if is_lost:
            self.missing.add(row)
            return
        self.push(self.frame("SENTENCE", sentence))
        if row in self.missing:
            assert self.view.chats[self.key].wants_snapshot
            self.resync()

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        waiting = [s for s in self.said if s.confirmed_time is None]
        if not waiting or self.missing:
            return
        sentence = data.draw(st.sampled_from(waiting))
        self.said[sentence.counter - 1] = evolve(sentence, confirmed_time=TIME)
        is_own = sentence.is_outbound is (self.role is Role.WORKPLACE)
        if is_own:
            names = {**NAMES, "id": sentence.id, "time_stamp": TIME}
            self.push(self.frame("CONFIRM", ChatCommandInfo(**names)))
        else:
            assert sentence.id
            self.view.confirmed(self.key, sentence.id, TIME)

    @rule(model=st.sampled_from(list(SLOTS)), text=st.text(max_size=3), outbound=st.booleans())
    def fill(self, model: int, text: str, outbound: bool) -> None:
        sentence = ChatSentenceInfo(
            **NAMES, id="slot", text=text, model=model, time_sent=TIME, is_outbound=outbound
        )
        if outbound is (self.role is Role.CONNECTOR):
            # Each side is shown the other's.
            self.latest = evolve(self.latest, **{SLOTS[model]: sentence})  # type: ignore[arg-type]  # a slot's name
        self.push(self.frame("SENTENCE", sentence))

    @rule(
        status=st.sampled_from(OPEN),
        agent=st.none() | st.just("Alice"),
        parties=PARTIES,
        is_parked=st.none() | st.booleans(),
        form=st.none() | st.just(CHAT),
    )
    def change(
        self,
        status: ChatStatus,
        agent: str | None,
        parties: tuple[ChatPartyInfo, ...] | None,
        is_parked: bool | None,
        form: Guid | None,
    ) -> None:
        if self.role is Role.WORKPLACE:
            status = ChatStatus.ANSWERED
        self.latest = evolve(
            self.latest,
            status=status,
            agent_name=agent,
            parties=parties,
            is_parked=is_parked,
            scenario_id=form,
        )
        plain = {"info": None, **dict.fromkeys(SLOTS.values())}
        self.push(self.frame("STATUS", evolve(self.latest, **plain)))

    @rule()
    def hear_the_last_sentence_again(self) -> None:
        if self.heard and isinstance(self.heard[-1].payload, ChatSentenceInfo):
            self.view.fold(self.heard[-1])

    @rule(on=st.booleans())
    def type(self, on: bool) -> None:
        self.view.fold(self.frame("TYPING", ChatCommandInfo(**NAMES, is_typing=on)))

    @rule()
    def resync(self) -> None:
        self.view.fold(self.snapshot())
        self.missing.clear()

    @property
    def key(self) -> tuple[str, ...]:
        return self.view.key(self.latest)

    @invariant()
    def snapshot_is_fold(self) -> None:
        if self.missing:
            return
        fresh = View(self.role)
        fresh.fold(self.snapshot())
        assert differences(self.view, fresh) == []


FoldOfOneChat.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestFoldOfOneChat = FoldOfOneChat.TestCase
