"""Who owns one chat, who is in it and who is asked, against a model of a few lines (B-11, B-29).

The model knows the chat only while it is answered; who gets it before that is the distributor's
affair and is taken over from the core.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.state import Chat
from protocol.values import ChatStatus, Guid
from tests.support.playbook import CONFIG, Playbook

SETTING = (
    '[distribution]\nmax_missed = 1000\ntransfer_timeout = "20s"\n'
    + CONFIG.replace('inactivity_timeout = "10m"', 'inactivity_timeout = "30d"')
    .replace("max_chats = 1", "max_chats = 9")
    .replace("max_chats = 3", "max_chats = 9")
    .replace("max_chats = 2", "max_chats = 9")
    + """
[[workplaces]]
number = "103"
max_chats = 9
[[workplaces]]
number = "104"
max_chats = 9
[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = 9
skills = { Support = 60, Sales = 50 }
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
max_chats = 9
role = "supervisor"
"""
)
LOGINS = (("alice", "101"), ("bob", "102"), ("carol", "103"), ("sue", "104"))
SUE = 3
PATIENCE, GRACE = 30, 60
"""Seconds of an alert, and for which a lost agent is awaited."""

WHO = st.integers(0, 9)
"""An agent by number; from 4 on whoever has the chat, or is asked, as the action needs."""
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["Transfer", "Consult", "Conference"]), WHO, WHO),
    st.tuples(st.sampled_from(["Transfer", "Consult", "Conference"]), WHO, WHO),
    st.tuples(st.sampled_from(["answer", "answer", "hang up", "leave chat", "return"]), WHO),
    st.tuples(st.sampled_from(["answer", "take back", "project", "leave chat"]), WHO),
    st.tuples(st.sampled_from(["park", "retrieve", "lost", "back", "force"]), WHO),
    st.tuples(st.sampled_from(["Monitor", "visitor", "start", "start", "stop"]), st.just(SUE)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 13, 31])),
)


@define
class Model:
    """An answered chat as a person would remember it; agents by number.

    Attributes:
        owner: Who has it; None while it is not answered.
        parties: Who is in it besides, with what for, in the order of joining.
        asked: Who is alerted, None for somebody of a project who was not found yet.
        mode: What they are asked for; None: nobody is asked.
        until: When that ends.
        parked: Whether the owner has put the chat aside.
        woken: Whether it is to come back when they are there.
        lost: Since when each agent is lost who is.
    """

    owner: int | None = None
    parties: dict[int, str] = Factory(dict)
    asked: int | None = None
    mode: str | None = None
    project: bool = False
    until: int = 0
    parked: bool = False
    woken: bool = False
    lost: dict[int, int] = Factory(dict)

    def over(self) -> None:
        """The conversation ends."""
        self.owner, self.parties, self.parked, self.woken = None, {}, False, False
        self.nobody_asked()

    def nobody_asked(self) -> None:
        """The invitation ends."""
        self.asked, self.mode, self.project = None, None, False

    def has(self, who: int) -> bool:
        """Whether they are in the conversation."""
        return self.owner is not None and (who == self.owner or who in self.parties)

    def own(self, who: int) -> None:
        """They become the owner; whoever was is out."""
        self.parties.pop(who, None)
        self.owner, self.parked, self.woken = who, False, False
        self.nobody_asked()

    def heir(self) -> int | None:
        """Who owns it after the owner."""
        heirs = (p for p, mode in self.parties.items() if mode == "Conference")
        return next((p for p in heirs if p not in self.lost), None)

    def gone(self, who: int) -> None:
        """They are out of it for good, whatever they were in it."""
        if who == self.asked:
            self.rejected()
        elif who == self.owner:
            heir = self.heir()
            if heir is None:
                self.over()
            else:
                self.own(heir)
        else:
            self.parties.pop(who, None)

    def rejected(self) -> None:
        """Whoever was alerted does not take it; a project is asked on."""
        self.asked = None
        if not self.project:
            self.nobody_asked()

    def ask(self, by: int, whom: int, mode: str, now: int) -> None:
        """The owner wants somebody."""
        if by != self.owner or self.mode is not None or whom == by:
            return
        if whom in self.parties and self.parties[whom] != "Monitor":
            if mode == "Transfer":
                if whom not in self.lost:
                    self.own(whom)
            elif self.parties[whom] != mode:
                del self.parties[whom]
                self.parties[whom] = mode
        elif whom not in self.lost:
            self.parties.pop(whom, None)  # who watched is asked like everybody, and watches no more
            self.asked, self.mode, self.until = whom, mode, now + PATIENCE

    def tick(self, now: int) -> None:
        """A second has passed."""
        if self.mode is not None and now >= self.until and not self.project:
            self.nobody_asked()
        for who, since in list(self.lost.items()):
            if now == since + GRACE:
                self.gone(who)


class Stage:
    """Four agents at work, a visitor, and what the model says of their chat."""

    def __init__(self) -> None:
        self.play = Playbook(SETTING)
        self.model = Model()
        self.web = self.play.connector("web")
        self.agents = [self.play.agent(*login) for login in LOGINS]
        self.ids = [self.play.config.agent_by_login[login].id for login, _ in LOGINS]
        self.seconds = 0
        self.started = 0
        self.chat: Guid | None = None
        self.start()

    def start(self) -> None:
        """A visitor comes."""
        self.started += 1
        tracking = f"t{self.started}"
        self.web.says("ES_CHAT_START", TrackingId=tracking, ExtResponse="")
        self.chat = list(self.play.state.chats)[-1]
        self.do("answer", 9)

    def now(self) -> Chat:
        """The chat in the core."""
        assert self.chat is not None
        return self.play.state.chats[self.chat]

    def says(self, who: int, type: str, **members: Any) -> None:
        """A frame of an agent who is there."""
        if who not in self.model.lost:
            self.agents[who].says(type, ChatId=self.chat, **members)

    def do(self, action: str, *values: int) -> None:
        """Do it, and move the model."""
        model = self.model
        who = values[0] if action == "wait" else self.meant(action, values[0])
        here = who not in model.lost
        match action:
            case "Transfer" | "Consult" | "Conference" if here:
                frame = "CS_CHAT_TRANSFER" if action == "Transfer" else "CS_CHAT_INVITE"
                whom = values[1] % len(LOGINS)
                self.says(who, frame, ToAgentId=self.ids[whom], Mode=action)
                if who == whom == SUE and action != "Transfer":
                    self.let_in(action)
                else:
                    model.ask(who, whom, action, self.seconds)
            case "Monitor":
                self.says(SUE, "CS_CHAT_INVITE", Mode="Monitor")
                self.let_in("Monitor")
            case "wait":
                for _ in range(who):
                    self.seconds += 1
                    self.play.wait(1)
                    model.tick(self.seconds)
                    self.follow()
            case "lost" | "force" if here:
                self.out(action, who)
            case "back" if not here:
                self.agents[who] = self.play.agent(*LOGINS[who], None)
                del model.lost[who]
                self.agents[who].says("CS_AGENT_STATE", State="Ready")
                self.retrieved()
            case "start" if not self.now().is_open:
                self.start()
            case "stop":
                self.web.says("ES_CHAT_STOP", TrackingId=f"t{self.started}")
                model.over()
            case "visitor":
                key = str(self.play.seq)
                tracking = f"t{self.started}"
                self.web.says("ES_CHAT_SENTENCE", TrackingId=tracking, ID=key, Text="x")
                model.woken = model.parked
                self.retrieved()
            case _ if here:
                self.word(action, who)
            case _:
                pass

    def meant(self, action: str, who: int) -> int:
        """Who acts: left to chance alone, it would hardly ever be whoever can."""
        if who < len(LOGINS):
            return who
        alerted = self.now().offered_to
        if action == "answer" and alerted is not None:
            return self.ids.index(alerted)
        if action == "leave chat" and self.model.parties and who % 2:
            return next(iter(self.model.parties))
        return self.model.owner if self.model.owner is not None else who % len(LOGINS)

    def retrieved(self) -> None:
        """A parked chat comes back that is to, as soon as its owner is there."""
        model = self.model
        if model.woken and model.owner not in model.lost:
            model.parked = model.woken = False

    def let_in(self, mode: str) -> None:
        """The supervisor joins by themselves."""
        model = self.model
        if SUE in model.lost or model.owner in (None, SUE) or model.asked == SUE:
            return
        if model.parties.get(SUE) != mode:
            model.parties.pop(SUE, None)
            model.parties[SUE] = mode

    def out(self, action: str, who: int) -> None:
        """An agent's connection is lost, or they are logged off by the supervisor."""
        model = self.model
        if action == "force":
            if SUE in model.lost or who == SUE:
                return
            self.agents[SUE].says("CS_AGENT_STATE", AgentId=self.ids[who], State="LogOff")
            model.gone(who)
        self.agents[who].leaves()
        model.lost[who] = self.seconds
        if who == model.asked or model.parties.get(who) == "Monitor":
            model.gone(who)

    def word(self, action: str, who: int) -> None:
        """What an agent does with the chat themselves."""
        model = self.model
        is_owner = who == model.owner
        match action:
            case "answer":
                alerted = self.now().status is ChatStatus.ALERTING
                first = alerted and self.now().offered_to == self.ids[who]
                self.says(who, "CS_CHAT_ANSWER")
                if first or (who == model.asked and model.mode == "Transfer"):
                    model.own(who)
                elif who == model.asked and model.mode is not None:
                    model.parties[who] = model.mode
                    model.nobody_asked()
            case "hang up":
                self.says(who, "CS_CHAT_HANGUP")
                if who == model.asked and model.mode is not None:
                    model.rejected()
                elif is_owner:
                    model.over()
            case "leave chat":
                self.says(who, "CS_CHAT_LEAVE")
                if model.has(who) and (not is_owner or model.heir() is not None):
                    model.gone(who)
            case _:
                self.word_of_owner(action, who)

    def word_of_owner(self, action: str, who: int) -> None:
        """What only the owner may do."""
        model = self.model
        is_owner = who == model.owner
        match action:
            case "return":
                self.says(who, "CS_CHAT_RETURN")
                if is_owner:
                    model.over()
            case "take back":
                self.says(who, "CS_CHAT_TRANSFER")
                if is_owner:
                    model.nobody_asked()
            case "project":
                projects = list(self.play.config.projects)
                self.says(who, "CS_CHAT_TRANSFER", ToProjectId=projects[0])
                if is_owner and model.mode is None:
                    model.mode, model.project, model.until = "Transfer", True, self.seconds + 20
            case "park":
                self.says(who, "CS_CHAT_PARK", IsParked=True)
                model.parked = model.parked or (is_owner and model.mode is None)
            case _:
                self.says(who, "CS_CHAT_PARK", IsParked=False)
                model.parked = model.parked and not is_owner

    def follow(self) -> None:
        """Take over what the distributor chose, if it is legal."""
        chat, model = self.now(), self.model
        if model.project:
            if chat.invite is None:
                assert self.seconds >= model.until
                model.nobody_asked()
            else:
                alerted = chat.invite.agent
                model.asked = None if alerted is None else self.ids.index(alerted)
                assert model.asked is None or not model.has(model.asked)

    def compare(self) -> None:
        """The core has it as the model says."""
        self.follow()
        chat, model = self.now(), self.model
        if model.owner is None:
            assert chat.status is not ChatStatus.ANSWERED
            assert (chat.parties, chat.invite, chat.parking) == ({}, None, None)
            return
        assert chat.status is ChatStatus.ANSWERED
        assert chat.agent == self.ids[model.owner]
        told = [(self.ids.index(agent), str(p.mode.value)) for agent, p in chat.parties.items()]
        assert told == list(model.parties.items())
        assert (chat.parking is not None) is model.parked
        assert (chat.invite is not None) is (model.mode is not None)
        if chat.invite is not None:
            assert chat.invite.mode.value == model.mode
            assert chat.offered_to == (None if model.asked is None else self.ids[model.asked])


@settings(max_examples=200)
@given(st.lists(ACTIONS, max_size=40))
def test_one_agent_owns_the_chat_and_the_model_knows_who(script: list[tuple[Any, ...]]) -> None:
    """B-11, B-25, B-29, I-6: owner, parties, invitation and parking are the model's."""
    stage = Stage()
    for action in script:
        stage.do(*action)
        stage.compare()
    stage.play.check_store()
    stage.play.store.close()
