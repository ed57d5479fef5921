"""One chat against a model that fits on a page (B-2..B-11, W-21, W-22).

The model knows a status, a transcript and who is connected, in plain values. After each action
it says what the connector and the agent must have heard; the core, with a store behind it, must
have said exactly that.
"""

from __future__ import annotations

from typing import Any

from attrs import Factory, define
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.playbook import Client, Playbook

GRACE = 60.0
KEYS = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["yes", "no"])
ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["start", "stop", "answer", "hangup", "leave", "join"])),
    st.tuples(st.sampled_from(["visitor", "agent"]), KEYS, TEXTS),
    st.tuples(st.sampled_from(["visitor confirms", "agent confirms"]), KEYS),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 4.0, 70.0])),
    st.tuples(st.just("restart")),
)


@define
class Model:
    """What a person would remember of the chat.

    Attributes:
        status: None before the first start.
        mine: Whether the agent answers it now.
        had: Whether the agent ever answered it.
        lost_for: Seconds since the agent's connection was lost; None while they are there.
        transcript: (outbound, key, text, confirmed) in order; notes of the broker by "note".
    """

    status: str | None = None
    mine: bool = False
    had: bool = False
    lost_for: float | None = None
    transcript: list[tuple[bool, str, str, bool]] = Factory(list)

    def find(self, outbound: bool, key: str) -> int | None:
        """Where the sentence with this key stands."""
        for index, (way, known, _text, _confirmed) in enumerate(self.transcript):
            if (way, known) == (outbound, key):
                return index
        return None

    def say(self, outbound: bool, key: str, text: str) -> str:
        """What the speaker hears: an echo with its counter, or the code of a refusal."""
        if self.status is None or (outbound and not self.had):
            return "UnknownChat"
        known = self.find(outbound, key)
        if known is not None:
            return f"{known + 1}" if self.transcript[known][2] == text else "KeyReused"
        if self.status == "Closed":
            return "ChatClosed"
        if outbound and (self.status != "Answered" or not self.mine):
            return "WrongState"
        self.transcript.append((outbound, key, text, False))
        return f"{len(self.transcript)}"

    def confirm(self, outbound: bool, key: str) -> str:
        """What the receiver hears when it confirms."""
        if self.status is None or (not outbound and not self.had):
            return "UnknownChat"
        known = self.find(outbound, key)
        if known is None:
            return "UnknownMessage"
        way, name, text, _ = self.transcript[known]
        self.transcript[known] = (way, name, text, True)
        return "SYS_ACK"


class Stage:
    """The core beside the model, with one gateway and one agent."""

    def __init__(self) -> None:
        self.play = Playbook()
        self.web: Client = self.play.connector("web")
        self.bob: Client | None = None
        self.chat: str | None = None

    def heard(self, client: Client, re: str) -> tuple[str, dict[str, Any]]:
        """The one direct answer among what a client heard; the rest is taken as read."""
        answers = [(kind, body) for kind, body, to, _ in client.heard if to == re]
        client.heard.clear()
        assert len(answers) == 1
        kind, body = answers[0]
        return (body["Code"], body) if kind == "SYS_ERROR" else (kind, body)

    def status(self) -> dict[str, Any] | None:
        """The whole chat as the connector may see it."""
        self.web.says("ES_CHAT_STATUS", "status", TrackingId="t")
        kind, body = self.heard(self.web, "status")
        return None if kind == "UnknownChat" else body

    def do(self, action: str, *values: Any) -> str | None:
        """Carry out one action; gives the answer where there is one."""
        web, bob = self.web, self.bob
        match action:
            case "start":
                web.says("ES_CHAT_START", "x", TrackingId="t", PreferredCulture="en")
                _, body = self.heard(web, "x")
                self.chat = body["ChatId"]
            case "stop":
                web.says("ES_CHAT_STOP", "x", TrackingId="t")
                return self.heard(web, "x")[1]["Status"]  # type: ignore[no-any-return]  # a str
            case "join" if bob is None:
                self.bob = self.play.agent("bob", "102", None)
                self.bob.says("CS_AGENT_STATE", "x", State="Ready")
                self.heard(self.bob, "x")
            case "leave" if bob is not None:
                bob.leaves()
                self.bob = None
            case "answer" | "hangup" if bob is not None and self.chat is not None:
                bob.says(f"CS_CHAT_{action.upper()}", "x", ChatId=self.chat)
                return self.heard(bob, "x")[0]
            case "wait":
                self.play.wait(values[0])
            case "restart":
                self.play.restart()
                self.web, self.bob = self.play.connector("web"), None
            case "visitor":
                web.says("ES_CHAT_SENTENCE", "x", TrackingId="t", ID=values[0], Text=values[1])
                return self.spoken(web)
            case "visitor confirms":
                web.says("ES_CHAT_CONFIRM", "x", TrackingId="t", ID=values[0])
                return self.heard(web, "x")[0]
            case "agent" if bob is not None and self.chat is not None:
                bob.says("CS_CHAT_SENTENCE", "x", ChatId=self.chat, ID=values[0], Text=values[1])
                return self.spoken(bob)
            case "agent confirms" if bob is not None and self.chat is not None:
                bob.says("CS_CHAT_CONFIRM", "x", ChatId=self.chat, ID=values[0])
                return self.heard(bob, "x")[0]
            case _:
                pass
        return None

    def spoken(self, client: Client) -> str:
        """The counter of an echo, or the code of a refusal."""
        kind, body = self.heard(client, "x")
        return str(body["Counter"]) if kind.endswith("_SENTENCE") else kind


def follow(model: Model, status: dict[str, Any] | None, agent: str) -> None:
    """Take over what time and the distributor may change by themselves, if it is legal."""
    now = None if status is None else status["Status"]
    legal: dict[str | None, set[str | None]] = {
        None: {None},
        "Waiting": {"Waiting", "Alerting"},
        "Alerting": {"Alerting", "Waiting"},
        "Answered": {"Answered", "Waiting", "Alerting"},
        "Closed": {"Closed"},
    }
    assert now in legal[model.status], f"{model.status} became {now}"
    if model.status == "Answered" and now != "Answered":
        assert model.lost_for is not None
        assert model.lost_for >= GRACE
        # The note that tells the visitor of it.
        model.transcript.append((True, "note", "", False))
        model.mine = False
    model.status = now
    if now in ("Alerting", "Answered"):
        assert status is not None
        assert status["AgentId"] == agent


@settings(max_examples=200)
@given(st.lists(ACTIONS, max_size=30))
def test_the_core_does_what_the_model_says(script: list[tuple[Any, ...]]) -> None:
    """W-21, W-22, B-5..B-12: answers, statuses and transcripts are the model's."""
    stage, model = Stage(), Model()
    agent = stage.play.config.agent_by_login["bob"].id
    for action, *values in script:
        present = stage.bob is not None
        answered = stage.do(action, *values)
        expect(model, action, values, answered, present)
        stage.web.heard.clear()
        if stage.bob is not None:
            stage.bob.heard.clear()
        status = stage.status()
        follow(model, status, agent)
        shown = [] if status is None else status["Sentences"]
        assert [s["Counter"] for s in shown] == list(range(1, len(shown) + 1))
        told = [
            (s["IsOutbound"], s["ID"], s["Text"], s.get("ConfirmedTime") is not None) for s in shown
        ]
        assert [t for t, s in zip(told, shown, strict=True) if s["Model"] == 0] == [
            line for line in model.transcript if line[1] != "note"
        ]
        assert len(told) == len(model.transcript)
    stage.play.check_store()
    stage.play.store.close()


def expect(
    model: Model, action: str, values: list[Any], answered: str | None, present: bool
) -> None:
    """Compare the answer with the model's, and move the model."""
    match action:
        case "stop":
            assert answered == "Closed"
        case "visitor":
            assert answered == model.say(False, values[0], values[1])
        case "visitor confirms":
            assert answered == model.confirm(True, values[0])
        case "agent" if answered is not None and model.mine:
            assert answered == model.say(True, values[0], values[1])
        case "agent" if answered is not None:
            assert answered in ("UnknownChat", "WrongState", "ChatClosed", "KeyReused") or (
                answered == model.say(True, values[0], values[1])
            )
        case "agent confirms" if answered is not None and model.had:
            assert answered == model.confirm(False, values[0])
        case _:
            change(model, action, values, answered, present)
    if action == "stop" and model.status is not None:
        model.status = "Closed"


def change(
    model: Model, action: str, values: list[Any], answered: str | None, present: bool
) -> None:
    """Move the model by an action that is no sentence."""
    match action:
        case "start" if model.status in (None, "Closed"):
            model.status, model.mine = "Waiting", False
        case "join" if not present:
            model.lost_for = None
        case "leave" if present:
            model.lost_for = 0.0
        case "restart":
            model.lost_for = 0.0
        case "wait" if model.lost_for is not None:
            model.lost_for += values[0]
        case "answer" if answered == "SC_CHAT_STATUS":
            assert model.status in ("Alerting", "Answered")
            model.status, model.mine, model.had = "Answered", True, True
        case "hangup" if answered == "SC_CHAT_STATUS":
            after = {"Answered": "Closed", "Alerting": "Waiting"}
            model.status = after.get(model.status or "", model.status)
        case _:
            pass
