"""Forms at the core: who saves one, who reads one, what a list says of it (B-41)."""

from typing import Any

from broker.core.facts import FormSaved
from broker.core.limits import DAY
from protocol.identifiers import derive
from protocol.values import Guid
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    chat_of,
    configured,
    joined,
    started,
    talking,
)
from tests.support.playbook import Client, Playbook

GATED = FLOOR.replace(
    "[[gate_rules]]", '[[gate_rules]]\nrank = 90\nscenario = "Contact"\n[[gate_rules]]', 1
)
FORMS = (
    GATED.replace(
        'control_type = "TextArea"\n',
        'control_type = "TextArea"\ntarget_column = "Mail"\nshow_in_list = true\n',
    )
    + """
[[scenarios]]
name = "Outcome"
culture = "en"
[[scenarios.screens]]
name = "First"
[[scenarios.screens.controls]]
name = "result"
display_name = "Result"
control_type = "RadioButtons"
mandatory_field = true
parameters = [{ display_name = "sold" }, { display_name = "not sold" }]
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "s"
"""
)
pytestmark = configured(FORMS)
RESULT = Guid("11111111-1111-4111-8111-111111111111")
OTHER = Guid("22222222-2222-4222-8222-222222222222")


def form_of(play: Playbook, name: str = "Contact") -> Guid:
    return next(form.id for form in play.config.forms.values() if form.name == name)


def control_of(play: Playbook, name: str) -> Guid:
    for models in play.config.scenarios.values():
        for screen in models[0].screens or ():
            for control in screen.controls or ():
                if control.display_name == name and control.screen_control_id is not None:
                    return control.screen_control_id
    raise AssertionError(name)


def contact(play: Playbook, text: str = "jana@example.org", **members: Any) -> dict[str, Any]:
    """The form of the start, filled in."""
    values = [{"ScreenControlId": control_of(play, "E-mail"), "ResultText": text}]
    return {"ScenarioId": form_of(play), "ScenarioResultId": RESULT, "Values": values, **members}


def outcome(play: Playbook, text: str = "sold", **members: Any) -> dict[str, Any]:
    """The form that agents fill in."""
    values = [{"ScreenControlId": control_of(play, "Result"), "ResultText": text}]
    form = form_of(play, "Outcome")
    return {"ScenarioId": form, "ScenarioResultId": OTHER, "Values": values, **members}


def saves(agent: Client, chat: str, form: dict[str, Any], *others: Client) -> None:
    """An agent saves a form; the others in the chat are shown it."""
    agent.says("CS_SCENARIO_SAVE", 5, ChatId=chat, **form)
    agent.hears("SC_CHAT_STATUS", Info=...)
    for other in others:
        other.hears("SC_CHAT_STATUS", Info=...)
        other.hears("SC_SCENARIO_RESULT", ScenarioId=form["ScenarioId"], Values=...)
    agent.hears("SYS_ACK", 5, Type="CS_SCENARIO_SAVE")


def reads(agent: Client, chat: str, result: Guid = RESULT) -> dict[str, Any]:
    """An agent reads what was filled in."""
    agent.says("CS_SCENARIO_RESULT", 6, ChatId=chat, ScenarioResultId=result)
    return agent.hears("SC_SCENARIO_RESULT", 6, ChatId=chat, ScenarioResultId=result)


def may_not(agent: Client, chat: str, code: str, form: dict[str, Any] | None = None) -> None:
    """An agent neither reads nor saves."""
    agent.says("CS_SCENARIO_RESULT", 6, ChatId=chat, ScenarioResultId=RESULT)
    agent.refused(code, 6)
    if form is not None:
        agent.says("CS_SCENARIO_SAVE", 6, ChatId=chat, **form)
        agent.refused(code, 6)


def test_an_agent_reads_what_the_visitor_filled_in(play: Playbook) -> None:
    """B-41: by the result that `Scenarios` names, with the column that the control names."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, ResultModel=contact(play))
    read = reads(alice, chat)
    assert (read["Peer"], read.get("AgentId"), read["ScenarioId"]) == ("101", None, form_of(play))
    control = control_of(play, "E-mail")
    mail = {"ScreenControlId": control, "ResultText": "jana@example.org", "TargetColumn": "Mail"}
    assert read["Values"] == [mail]
    alice.says("CS_SCENARIO_LOAD", 7, Peer=None, Id=read["ScenarioId"], Reference="en")
    alice.hears("SC_SCENARIO_MODEL", 7, DisplayName="Contact", Screens=...)
    alice.says("CS_SCENARIO_LOAD", 8, Peer=None, Id=RESULT)
    alice.refused("UnknownScenario", 8)
    alice.says("CS_SCENARIO_RESULT", 9, ChatId=chat, ScenarioResultId=OTHER)
    alice.refused("UnknownScenario", 9)


def test_an_agent_sees_a_form_appear(play: Playbook) -> None:
    """B-41: saved by the other side it is pushed, and so is each new version, but no repeat."""
    web, alice, chat = talking(play)
    for text in ("jana@example.org", "jana@example.org", "eva@example.org"):
        web.says("ES_SCENARIO_SAVE", 3, Peer=None, ChatId=chat, **contact(play, text))
        web.hears("SYS_ACK", 3)
    for text in ("jana@example.org", "eva@example.org"):
        (item,) = alice.hears("SC_CHAT_STATUS", Status="Answered")["Info"]["Scenarios"]
        assert (item["ResultId"], item["ShowInList"]) == (RESULT, text)
        pushed = alice.hears("SC_SCENARIO_RESULT", ChatId=chat)
        assert pushed["Values"][0]["ResultText"] == text
    play.check_store()


def test_an_agent_fills_in_a_form(play: Playbook) -> None:
    """B-41: it is theirs by name; the visitor's side neither hears of it nor overwrites it."""
    web, alice, chat = talking(play)
    saves(alice, chat, outcome(play))
    assert reads(alice, chat, OTHER)["AgentId"] == agent_of(play, "alice")
    web.silent()
    web.says("ES_SCENARIO_SAVE", 4, Peer=None, ChatId=chat, **outcome(play, "not sold"))
    assert web.refused("KeyReused", 4).startswith("ScenarioResultId: ")
    alice.says("CS_SCENARIO_SAVE", 5, ChatId=chat, **outcome(play))
    alice.hears("SYS_ACK", 5)
    saves(alice, chat, outcome(play, "not sold"))
    alice.says("CS_SCENARIO_SAVE", 6, ChatId=chat, **outcome(play, "given away"))
    assert alice.refused("BadPayload", 6).startswith("Values[0].ResultText: ")
    alice.says("CS_SCENARIO_SAVE", 6, ChatId=chat, **contact(play, ScenarioResultId=OTHER))
    assert alice.refused("KeyReused", 6) == "ScenarioResultId: is of another form"
    alice.says("CS_SCENARIO_SAVE", 7, ChatId=chat, ScenarioId=RESULT)
    alice.refused("UnknownScenario", 7)
    play.check_store()


def test_an_agent_corrects_what_the_visitor_filled_in(play: Playbook) -> None:
    """B-41: from then on it is the agent's; another agent in the chat is shown it."""
    web, alice, chat = talking(play, ResultModel=contact(play))
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    saves(alice, chat, contact(play, "right@example.org"), bob)
    saves(bob, chat, contact(play, "other@example.org"), alice)
    web.says("ES_SCENARIO_SAVE", 4, Peer=None, ChatId=chat, **contact(play))
    web.refused("KeyReused", 4)
    assert reads(alice, chat)["AgentId"] == agent_of(play, "bob")


def test_who_is_only_asked_reads_nothing(play: Playbook) -> None:
    """B-7, B-41: neither who is alerted nor who may be in it at some time."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting", ResultModel=contact(play))
    (item,) = alice.hears("SC_CHAT_ALERT")["Info"]["Scenarios"]
    assert item["ShowInList"] == "jana@example.org"
    may_not(alice, chat, "WrongState", outcome(play))
    bob = play.agent("bob", "102")
    may_not(bob, chat, "UnknownChat", outcome(play))
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    asked(play, alice, bob, chat, "Consult")
    may_not(bob, chat, "WrongState", outcome(play))


def test_a_monitor_reads_only(play: Playbook) -> None:
    """B-29, B-41."""
    _web, _alice, chat = talking(play, ResultModel=contact(play))
    susan = play.agent("susan", "104")
    susan.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode="Monitor")
    susan.hears("SC_CHAT_STATUS", 1)
    reads(susan, chat)
    susan.says("CS_SCENARIO_SAVE", 2, ChatId=chat, **outcome(play))
    assert "monitors" in susan.refused("WrongState", 2)


def test_after_the_end_as_before_it(play: Playbook) -> None:
    """B-41: who had the chat at its end reads on, and may still say how it ended; others do not."""
    web, alice, chat = talking(play, ResultModel=contact(play))
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Answered")
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    may_not(alice, chat, "UnknownChat")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    bob.hears("SC_CHAT_STATUS", Status="Closed")
    may_not(alice, chat, "UnknownChat", outcome(play))
    reads(bob, chat)
    bob.says("CS_SCENARIO_SAVE", 3, ChatId=chat, **outcome(play))
    bob.hears("SYS_ACK", 3)
    play.check_store()


def test_another_workplace_is_not_theirs(play: Playbook) -> None:
    """I-15: a frame names its own workplace."""
    _web, alice, chat = talking(play, ResultModel=contact(play))
    for frame, form in (
        ("CS_SCENARIO_RESULT", {"ScenarioResultId": RESULT}),
        ("CS_SCENARIO_SAVE", outcome(play)),
    ):
        alice.says(frame, 1, ChatId=chat, **form, Peer="102")
        alice.refused("NotAllowed", 1)


def test_the_default_form_is_listed_until_it_is_filled_in(play: Playbook) -> None:
    """B-41: the form of the gate rule, without a result; the start's form is `FormDataId`."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, PartyName="Jana")
    play.check_store()
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    info = alice.hears("SC_CHAT_STATUS", 1)["Info"]
    (item,) = info["Scenarios"]
    assert (item["ScenarioId"], item["DisplayName"]) == (form_of(play), "Contact")
    assert item["RemoteName"] == "Jana"
    assert "ResultId" not in item
    assert "FormDataId" not in info
    saves(alice, chat, outcome(play))
    web.says("ES_SCENARIO_SAVE", Peer=None, ChatId=chat, **contact(play))
    info = alice.hears("SC_CHAT_STATUS")["Info"]
    assert [item["ResultId"] for item in info["Scenarios"]] == [OTHER, RESULT]
    assert "FormDataId" not in info
    alice.hears("SC_SCENARIO_RESULT")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    third = contact(play, ScenarioResultId="33333333-3333-4333-8333-333333333333")
    started(web, "Waiting", "Alerting", ResultModel=third)
    info = alice.hears("SC_CHAT_ALERT")["Info"]
    assert info["FormDataId"] == third["ScenarioResultId"]
    play.check_store()


def test_a_faulty_form_begins_no_chat(play: Playbook) -> None:
    """W-47: nothing is written; the path says where the form stands."""
    web = play.connector("web")
    faulty = outcome(play, "perhaps")
    web.says("ES_CHAT_START", 1, TrackingId="t1", ResultModel=faulty)
    assert web.refused("BadPayload", 1).startswith("ResultModel.Values[0].ResultText: ")
    web.says("ES_SCENARIO_SAVE", 2, **faulty)
    assert web.refused("BadPayload", 2).startswith("Values[0].ResultText: ")
    assert not play.state.chats


def test_a_form_without_a_chat_is_its_gateways(play: Playbook) -> None:
    """B-41: another gateway cannot overwrite it, whatever id it names."""
    web, im = play.connector("web"), play.connector("im")
    both = play.connector("web", "im")
    web.says("ES_SCENARIO_SAVE", 1, Peer=None, **contact(play, "web"))
    im.says("ES_SCENARIO_SAVE", 1, **contact(play, "im"))
    both.says("ES_SCENARIO_SAVE", 1, Peer="im", **contact(play, "both"))
    both.says("ES_SCENARIO_SAVE", 2, Peer="nowhere", **contact(play))
    web.says("ES_SCENARIO_SAVE", 2, Peer="im", **contact(play))
    web.hears("SYS_ACK", 1)
    web.refused("NotAllowed", 2)
    im.hears("SYS_ACK", 1)
    both.hears("SYS_ACK", 1)
    both.refused("UnknownGateway", 2)
    with play.store._connection.begin():
        rows = play.store._connection.exec_driver_sql("SELECT gateway, result FROM form_results")
        stored = {gateway: str(result) for gateway, result in rows}
    names = {gateway.peer: stored[gateway.id] for gateway in play.config.gateways.values()}
    assert '"web"' in names["web"]
    assert '"both"' in names["im"]


def test_a_form_is_of_a_gateway_of_chats(play: Playbook) -> None:
    """B-41, W-47: who serves messages alone has none that it could be of."""
    mail, both = play.connector("mail"), play.connector("mail", "web")
    mail.says("ES_SCENARIO_SAVE", 1, Peer=None, **contact(play))
    mail.refused("NotAllowed", 1)
    mail.says("ES_SCENARIO_SAVE", 2, **contact(play))
    mail.refused("UnknownGateway", 2)
    both.says("ES_SCENARIO_SAVE", 3, Peer=None, **contact(play))
    both.hears("SYS_ACK", 3)
    (fact,) = (fact for fact in play.facts if isinstance(fact, FormSaved))
    assert fact.gateway == derive("gateway", "Web chat")


def test_a_chat_of_another_gateway_takes_no_form(play: Playbook) -> None:
    """I-15, B-41: also when the frame names the other gateway that the session serves."""
    web, both = play.connector("web"), play.connector("im", "web")
    chat = started(web, "Waiting")
    both.hears("SE_CHAT_STATUS", Status="Pilot")
    both.hears("SE_CHAT_STATUS", Status="Waiting")
    both.says("ES_SCENARIO_SAVE", 1, Peer="im", ChatId=chat, **contact(play))
    both.refused("UnknownChat", 1)
    both.says("ES_SCENARIO_SAVE", 2, Peer="web", ChatId=chat, **contact(play))
    both.hears("SYS_ACK", 2)


def test_a_gateway_saves_so_many_forms_a_day_without_a_chat(play: Playbook) -> None:
    """B-41, I-14: `lone_forms`; of the others each has its own, a restart forgets nothing."""
    play.reload(FORMS + "\n[limits]\nlone_forms = 2\n")
    web, im = play.connector("web"), play.connector("im")
    for number in range(3):
        web.says("ES_SCENARIO_SAVE", number, **contact(play, ScenarioResultId=None))
    web.hears("SYS_ACK", 0)
    web.hears("SYS_ACK", 1)
    web.refused("Overloaded", 2)
    im.says("ES_SCENARIO_SAVE", 1, **contact(play))
    im.hears("SYS_ACK", 1)
    play.restart()
    web = play.connector("web")
    web.says("ES_SCENARIO_SAVE", 1, **contact(play))
    web.refused("Overloaded", 1)
    started(web, "Waiting", ResultModel=contact(play))
    play.wait(DAY / 1_000_000)
    web.heard.clear()
    web.says("ES_SCENARIO_SAVE", 2, **contact(play))
    web.hears("SYS_ACK", 2)


def test_the_bytes_of_a_day_are_counted_as_well(play: Playbook) -> None:
    """B-41, I-14: `lone_form_bytes`, before and after a restart."""
    play.reload(FORMS + "\n[limits]\nlone_form_bytes = 1000\n")
    web = play.connector("web")
    for number, text in enumerate(("x" * 600, "x" * 600, "x")):
        web.says("ES_SCENARIO_SAVE", number, **contact(play, text, ScenarioResultId=None))
    web.hears("SYS_ACK", 0)
    web.refused("Overloaded", 1)
    web.hears("SYS_ACK", 2)
    play.restart()
    web = play.connector("web")
    web.says("ES_SCENARIO_SAVE", 1, **contact(play, "x" * 600))
    web.refused("Overloaded", 1)


def test_a_chat_forgets_its_forms_with_itself(play: Playbook) -> None:
    """B-41: what a gateway stores for itself is in no chat."""
    web, _alice, chat = talking(play, ResultModel=contact(play))
    web.says("ES_SCENARIO_SAVE", 1, **contact(play, "alone"))
    web.hears("SYS_ACK", 1)
    form = chat_of(play, chat).forms.results[RESULT]
    assert (form.values or ())[0].result_text == "jana@example.org"
