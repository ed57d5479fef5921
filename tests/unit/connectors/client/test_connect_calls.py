"""Each call of a client: the frame that it sends, and what it makes of the answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import evolve

from connectors.client.connect import WorkplaceClient, connect_connector, connect_workplace
from connectors.client.events import Alerted, ChatRef, FormSaved, Pushed, pushed
from protocol.agent import AgentStateInfo
from protocol.catalogue import CATALOGUE
from protocol.chat import (
    ChatCommandInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
    DecisionInfo,
    VariableInfo,
)
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.session import Ack
from protocol.values import AgentState, ChatStatus, Guid, TransferMode
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.wired_core import ALICE, BOB, SALES

CHAT = Guid("00000000-0000-4000-8000-0000000000c0")
REF = ChatRef("101", CHAT)
STATUS = ChatStatusInfo(peer="101", chat_id=CHAT, status=ChatStatus.ANSWERED)
STATE = AgentStateInfo(peer="101", agent_id=ALICE, state=AgentState.READY)
WHERE: dict[str, Any] = {"peer": "101", "chat_id": CHAT}

Call = Callable[[WorkplaceClient], Awaitable[object]]


def heard(broker: CoreOnSocket, type_: str) -> Frame:
    (frame,) = [frame for frame in broker.core.way.heard if frame.type == type_]
    return frame


ASKED = ChatCommandInfo(peer="101")


@pytest.mark.parametrize(
    ("call", "type_", "payload", "answer"),
    [
        (
            lambda client: client.transfer(REF, agent_id=BOB, note="angry"),
            "CS_CHAT_TRANSFER",
            ChatTransferInfo(**WHERE, to_agent_id=BOB, mode=TransferMode.TRANSFER, note="angry"),
            STATUS,
        ),
        (
            lambda client: client.transfer(REF, project_id=SALES),
            "CS_CHAT_TRANSFER",
            ChatTransferInfo(**WHERE, to_project_id=SALES, mode=TransferMode.TRANSFER),
            STATUS,
        ),
        (
            lambda client: client.take_back(REF),
            "CS_CHAT_TRANSFER",
            ChatTransferInfo(**WHERE, mode=TransferMode.TRANSFER),
            STATUS,
        ),
        (
            lambda client: client.invite(REF, BOB, TransferMode.CONSULT, note="look"),
            "CS_CHAT_INVITE",
            ChatTransferInfo(**WHERE, to_agent_id=BOB, mode=TransferMode.CONSULT, note="look"),
            STATUS,
        ),
        (
            lambda client: client.invite(client.ref(CHAT), None, TransferMode.MONITOR),
            "CS_CHAT_INVITE",
            ChatTransferInfo(**WHERE, mode=TransferMode.MONITOR),
            STATUS,
        ),
        (lambda client: client.leave(REF), "CS_CHAT_LEAVE", ChatCommandInfo(**WHERE), STATUS),
        (lambda client: client.give_back(REF), "CS_CHAT_RETURN", ChatCommandInfo(**WHERE), STATUS),
        (
            lambda client: client.park(REF),
            "CS_CHAT_PARK",
            ChatCommandInfo(**WHERE, is_parked=True),
            STATUS,
        ),
        (
            lambda client: client.retrieve(REF),
            "CS_CHAT_PARK",
            ChatCommandInfo(**WHERE, is_parked=False),
            STATUS,
        ),
        (lambda client: client.close_any(CHAT), "CS_CHAT_CLOSE", ChatCommandInfo(**WHERE), STATUS),
        (
            lambda client: client.set_state(AgentState.READY, next_state=AgentState.POST_CALL),
            "CS_AGENT_STATE",
            AgentStateInfo(peer="101", state=AgentState.READY, next_state=AgentState.POST_CALL),
            STATE,
        ),
        (
            lambda client: client.set_state(AgentState.LOG_OFF, agent_id=BOB),
            "CS_AGENT_STATE",
            AgentStateInfo(peer="101", state=AgentState.LOG_OFF, agent_id=BOB),
            evolve(STATE, agent_id=BOB, state=AgentState.LOG_OFF),
        ),
        (
            lambda client: client.wrap_up(REF, "sold", "a big order"),
            "CS_CHAT_WRAPUP",
            ChatWrapUpInfo(**WHERE, code="sold", note="a big order"),
            STATE,
        ),
        (lambda client: client.overview(), "CS_CHAT_OVERVIEW", ASKED, (STATUS,)),
        (lambda client: client.agents(), "CS_AGENT_LIST", ASKED, (STATE,)),
        (
            lambda client: client.explain(CHAT, BOB),
            "CS_CHAT_EXPLAIN",
            ChatCommandInfo(**WHERE, agent_id=BOB),
            (DecisionInfo(**WHERE, kind="now"),),
        ),
        (
            lambda client: client.load_form(SALES, "cs"),
            "CS_SCENARIO_LOAD",
            CommandInfo(id=SALES, reference="cs"),
            ScenarioInfo(scenario_id=SALES, culture="cs"),
        ),
        (
            lambda client: client.form_result(REF, BOB),
            "CS_SCENARIO_RESULT",
            ScenarioResultInfo(**WHERE, scenario_result_id=BOB),
            ScenarioResultInfo(**WHERE, scenario_id=SALES, scenario_result_id=BOB),
        ),
    ],
)
def test_a_call_and_its_answer(call: Call, type_: str, payload: object, answer: object) -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        broker.core.way.answered[type_] = (CATALOGUE[type_].answer or "", answer)
        async with connect_workplace(broker.address, "101", "alice", "alice-secret") as client:
            assert await call(client) == answer
        assert heard(broker, type_).payload == payload

    with_core(scenario)


def test_a_form_is_saved_under_a_key() -> None:
    """B-41: a new one gets a key of the client's, so that it may be sent again."""

    async def scenario(broker: CoreOnSocket) -> None:
        broker.core.way.answered["CS_SCENARIO_SAVE"] = ("SYS_ACK", Ack(type="CS_SCENARIO_SAVE"))
        async with connect_workplace(broker.address, "101", "alice", "alice-secret") as client:
            form = ScenarioResultInfo(scenario_id=SALES)
            made = await client.save_form(REF, form)
            again = await client.save_form(REF, evolve(form, scenario_result_id=BOB))
        assert again == BOB
        sent = [frame for frame in broker.core.way.heard if frame.type == "CS_SCENARIO_SAVE"]
        assert [frame.payload for frame in sent] == [
            ScenarioResultInfo(**WHERE, scenario_id=SALES, scenario_result_id=key)
            for key in (made, BOB)
        ]

    with_core(scenario)


def test_a_form_that_somebody_saves_is_told() -> None:
    """B-41: a push is an event of its chat."""
    form = ScenarioResultInfo(**WHERE, scenario_id=SALES, scenario_result_id=BOB)
    assert pushed(Frame("SC_SCENARIO_RESULT", form)) == FormSaved(REF, form)
    other = Frame("SC_MESSAGE_STATUS", None)
    assert pushed(other) == Pushed(other)


def test_a_chat_goes_to_one_of_both() -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_workplace(broker.address, "101", "alice", "alice-secret") as client:
            with pytest.raises(ValueError, match="not to both"):
                await client.transfer(REF, agent_id=BOB, project_id=SALES)

    with_core(scenario)


def test_a_note_is_a_sentence_of_its_own_kind() -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with (
            connect_connector(broker.address, ["web"], "web-secret") as visitor,
            connect_workplace(broker.address, "101", "alice", "alice-secret") as client,
        ):
            await client.set_state(AgentState.READY)
            await visitor.start_chat()
            async for event in client.events():
                if isinstance(event, Alerted):
                    await client.answer(event.ref)
                    break
            stored = await client.note(client.ref(broker.core.chat.id), "they are angry")
            assert (stored.counter, stored.model) == (1, 10)
            assert not broker.core.chat.transcript.sentences

    with_core(scenario)


VARIABLES = (VariableInfo(name="order", value="17"),)


def test_an_agent_opens_a_chat() -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_workplace(broker.address, "101", "alice", "alice-secret") as client:
            more = ChatServiceInfo(preferred_culture="cs")
            opened = await client.open_chat(
                "web", "+420", party_name="Jana", variables={"order": "17"}, info=more
            )
            assert opened == client.ref(broker.core.chat.id)
        asked = heard(broker, "CS_CHAT_OPEN").payload
        assert isinstance(asked, ChatServiceInfo)
        assert asked.return_chat_id is not None
        assert evolve(asked, return_chat_id=None) == ChatServiceInfo(
            peer="web",
            remote_address="+420",
            party_name="Jana",
            preferred_culture="cs",
            variables=VARIABLES,
        )

    with_core(scenario)


def test_a_connector_opens_a_chat_and_binds_it() -> None:
    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            opened = await client.open_chat(
                "+420", "web", party_name="Jana", variables={"order": "17"}
            )
            assert opened == broker.core.chat.id
            await client.start_chat(tracking_id="t", return_chat_id=opened)
        asked = heard(broker, "ES_CHAT_OPEN").payload
        assert isinstance(asked, ChatServiceInfo)
        assert (asked.peer, asked.party_name, asked.variables) == ("web", "Jana", VARIABLES)
        bound = heard(broker, "ES_CHAT_START").payload
        assert isinstance(bound, ChatServiceInfo)
        assert (bound.tracking_id, bound.return_chat_id) == ("t", opened)
        assert broker.core.chat.visitor.tracking_id == "t"

    with_core(scenario)
