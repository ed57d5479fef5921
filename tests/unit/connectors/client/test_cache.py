"""Answers that are good for a while, and what connectors do by them: registers, forms, questions."""

from typing import Any

import pytest
from attrs import evolve

from connectors.client.cache import Cache, Registers
from connectors.client.connect import ConnectorClient, connect_connector
from connectors.client.events import Pushed, RequestDone
from connectors.client.settings import Tuning
from protocol.chat import ChatServiceInfo
from protocol.frame import Frame
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.session import Ack
from protocol.values import Guid, Signal
from tests.support.client_stage import Stage, heard, visitor_settings
from tests.support.core_on_socket import CoreOnSocket, with_core

FORM = Guid("00000000-0000-4000-8000-0000000000f0")
RULE = WebSiteRoutingInfo(web_app="WebChat", peer="web")
OTHER = evolve(RULE, rank=7)
TEXT = LiteralLookupInfo(literal_group=102, literal_value=1, display_name="Hello", peer="web")


def test_an_answer_is_good_for_its_period() -> None:
    cache: Cache[str, int] = Cache(10.0, 2)
    cache.put("a", 1, 100.0)
    assert cache.get("a", 109.9) == 1
    assert cache.get("a", 110.0) is None
    assert list(cache) == []


def test_the_one_that_was_not_used_for_longest_goes_first() -> None:
    cache: Cache[str, int] = Cache(10.0, 2)
    for number, key in enumerate("ab"):
        cache.put(key, number, 0.0)
    assert cache.get("a", 1.0) == 0
    cache.put("c", 2, 1.0)
    assert sorted(cache) == ["a", "c"]


def test_without_a_period_nothing_is_kept() -> None:
    cache: Cache[str, int] = Cache(0.0, 2)
    cache.put("a", 1, 0.0)
    assert cache.get("a", 0.0) is None


def test_a_push_takes_the_place_of_the_answer() -> None:
    """W-17: of the one question that it can answer; else the questions are asked anew."""
    registers = Registers(100.0, 10)
    web, shop = ("ES_WS_ROUTING", "web"), ("ES_WS_ROUTING", "shop")
    for key in (web, shop):
        registers.put(key, Frame("SE_WS_ROUTING", ()), 0.0)
    changed = Frame("SE_WS_ROUTING", (RULE,))
    registers.pushed(changed, 1.0)
    assert registers.get(web, 1.0) is changed
    assert registers.get(shop, 1.0) is not None
    registers.pushed(Frame("SE_WS_ROUTING", ()), 2.0)  # nobody knows whose
    assert list(registers) == []
    registers.put(web, changed, 3.0)
    registers.pushed(Frame("SE_WS_ROUTING", ()), 4.0)
    found = registers.get(web, 4.0)
    assert found is not None
    assert found.payload == ()


def test_a_pushed_group_of_texts_may_answer_two_questions() -> None:
    """W-17: in one culture and in all: both are asked anew, another group is not."""
    registers = Registers(100.0, 10)
    asked = LiteralLookupInfo(literal_group=102, peer="web")
    keys: list[tuple[str, Any]] = [
        ("ES_WS_LITERALS_GET", asked),
        ("ES_WS_LITERALS_GET", evolve(asked, culture="en")),
        ("ES_WS_LITERALS_GET", evolve(asked, literal_group=7)),
    ]
    for key in keys:
        registers.put(key, Frame("SE_WS_LITERALS_INFO", ()), 0.0)
    registers.pushed(Frame("SE_WS_LITERALS_INFO", (TEXT,)), 1.0)
    assert list(registers) == keys[2:]
    registers.pushed(Frame("SE_CHAT_LIST", ()), 1.0)
    assert list(registers) == keys[2:]


async def told(client: ConnectorClient) -> None:
    """Wait until a push was taken."""
    async for event in client.events():
        if isinstance(event, Pushed):
            return


def asked(broker: CoreOnSocket, type_: str) -> int:
    return [frame.type for frame in broker.core.way.heard].count(type_)


def test_registers_are_asked_for_once() -> None:
    """W-17: until they are pushed, or the connection is another one."""

    async def scenario(broker: CoreOnSocket) -> None:
        broker.core.way.answered["ES_WS_ROUTING"] = ("SE_WS_ROUTING", (RULE,))
        broker.core.way.answered["ES_WS_LITERALS_GET"] = ("SE_WS_LITERALS_INFO", (TEXT,))
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            for _ in range(3):
                assert await client.routing() == (RULE,)
                assert await client.literals(102, "en") == (TEXT,)
            assert asked(broker, "ES_WS_ROUTING") == asked(broker, "ES_WS_LITERALS_GET") == 1
            question = broker.core.way.heard[-1].payload
            assert question == LiteralLookupInfo(literal_group=102, culture="en", peer="web")
            await broker.push("SE_WS_ROUTING", (OTHER,))
            await told(client)
            assert await client.routing("web") == (OTHER,)
            assert asked(broker, "ES_WS_ROUTING") == 1
            await broker.cut()
            assert await client.literals(102) == (TEXT,)
            assert await client.routing() == (RULE,)
            assert asked(broker, "ES_WS_ROUTING") == 2

    with_core(scenario)


def test_whether_a_chat_would_be_taken_is_asked_once_in_a_while() -> None:
    """B-1: as long as the question is the same; each answer names the chat that was asked for."""

    async def scenario(broker: CoreOnSocket) -> None:
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            first, second = await client.ask_chat(), await client.ask_chat("web")
            assert first.signal is second.signal is Signal.CLOSED  # nobody is there
            assert first.tracking_id != second.tracking_id
            assert asked(broker, "ES_CHAT_REQUEST") == 1
            await client.ask_chat(info=ChatServiceInfo(preferred_culture="cs"))
            assert asked(broker, "ES_CHAT_REQUEST") == 2
            await client.ask_chat(fresh=True)
            assert asked(broker, "ES_CHAT_REQUEST") == 3
        tuning = Tuning(response_period=0.0)
        async with connect_connector(
            broker.address, ["web"], "web-secret", tuning=tuning
        ) as client:
            await client.ask_chat()
            await client.ask_chat()
            assert asked(broker, "ES_CHAT_REQUEST") == 5

    with_core(scenario)


def test_a_form_is_loaded_and_its_result_kept_over_a_loss() -> None:
    """W-47, W-26: the connection breaks before the answer, and the same result is sent again."""

    async def scenario(broker: CoreOnSocket) -> None:
        broker.core.way.answered["ES_SCENARIO_LOAD"] = (
            "SE_SCENARIO_MODEL",
            ScenarioInfo(scenario_id=FORM, culture="cs"),
        )
        broker.core.way.answered["ES_SCENARIO_SAVE"] = ("SYS_ACK", Ack(type="ES_SCENARIO_SAVE"))
        async with connect_connector(broker.address, ["web"], "web-secret") as client:
            assert (await client.load_form(FORM, "cs")).culture == "cs"
            chat = await client.start_chat(tracking_id="t1")
            broker.breaks_at = "ES_SCENARIO_SAVE"
            result = await client.save_form(ScenarioResultInfo(scenario_id=FORM), chat)
            known = client.chat(chat)
            assert known is not None
        saved = [
            frame.payload for frame in broker.core.way.heard if frame.type == "ES_SCENARIO_SAVE"
        ]
        wanted = ScenarioResultInfo(
            scenario_id=FORM, scenario_result_id=result, chat_id=known.chat_id
        )
        assert saved == [wanted, wanted]

    with_core(scenario)


def test_a_form_that_is_not_answered_is_sent_until_it_is() -> None:
    """W-26: more often than other requests; each time under the key that it got at first."""
    stage = Stage()
    player = stage.join(visitor_settings(tuning=Tuning(tries=2)), "v")
    saved = ScenarioResultInfo(scenario_id=FORM)
    stage.broker.way.lost.add("ES_SCENARIO_SAVE")
    request_id = player.session.request("ES_SCENARIO_SAVE", saved, stage.now)
    stage.pass_time(100.0)
    sent = [frame.payload for frame in stage.broker.way.heard if frame.type == "ES_SCENARIO_SAVE"]
    assert len(sent) >= 4
    assert len(set(sent)) == 1
    assert isinstance(sent[0], ScenarioResultInfo)
    assert sent[0].scenario_result_id is not None
    stage.restart()
    stage.broker.way.lost.clear()
    stage.broker.way.answered["ES_SCENARIO_SAVE"] = ("SYS_ACK", Ack(type="ES_SCENARIO_SAVE"))
    stage.pass_time(60.0)
    assert [event.request_id for event in player.of(RequestDone)] == [request_id]
    assert set(sent) == {
        frame.payload for frame in stage.broker.way.heard if frame.type == "ES_SCENARIO_SAVE"
    }


@pytest.mark.parametrize("key", [None, Guid("00000000-0000-4000-8000-000000000001")])
def test_a_result_keeps_the_key_that_it_has(key: Guid | None) -> None:
    stage = Stage()
    player = stage.join(visitor_settings(), "v")
    form = ScenarioResultInfo(scenario_id=FORM, scenario_result_id=key)
    named = player.session.named(form)
    assert named.scenario_result_id == (key or named.scenario_result_id)
    assert player.session.named(named) == named
    assert "ES_SCENARIO_SAVE" not in heard(stage)
