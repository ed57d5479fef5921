"""How a chat passes from one agent to another: transfer and return (B-29)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    agent_says,
    answer,
    answered,
    asks,
    broker_notes,
    hang_up,
    joins,
    notes,
    offered,
    parties,
    refused,
    start,
    stop,
    takes_over,
    two_agents,
    visitor_says,
)
from tests.replay.stage import Client, Members, Stage, scenario


async def _keeps(web: Client, owner: Client, chat: str, counter: int) -> None:
    """The sender has the chat as before: they are told, write, and end it."""
    await agent_says(web, owner, chat, "k1", "Let us go on.", counter)
    await hang_up(web, owner, chat)


@scenario(
    "Transfer: until the other agent answers the chat stays with its sender; then it is theirs"
)
async def transferred(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    await notes(owner, chat, "n1", "They are in a hurry.", 1)
    await asks(owner, other, chat)
    await visitor_says(web, owner, "m2", "Anybody?", 2)
    status = await takes_over(web, owner, other, chat, counters=2)
    assert [item["Text"] for item in status["Internal"]] == ["They are in a hurry."]
    await refused(owner, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Still me")
    await refused(owner, "WrongState", "CS_CHAT_HANGUP", ChatId=chat)
    await visitor_says(web, other, "m3", "Is that you?", 3)
    await other.send("CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="This is Ben.")
    await other.get("SC_CHAT_SENTENCE", ID="a1", Counter=4, PartyName="Ben")
    await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=4, PartyName="Ben")
    await owner.send("CS_CHAT_RESYNC", 5)
    await owner.get("SC_CHAT_LIST", 5, count=0)
    await hang_up(web, other, chat)


@scenario(
    "Who handed a chat over reads nothing more of it: neither while it goes on nor after its end"
)
async def ended_without_them(stage: Stage) -> None:
    """B-8, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await agent_says(web, owner, chat, "a1", "Ben knows that.", 1)
    await asks(owner, other, chat)
    await takes_over(web, owner, other, chat, counters=1)
    await notes(other, chat, "n1", "Owes us three months.", 1)
    await refused(owner, "UnknownChat", "CS_CHAT_STATUS", ChatId=chat)
    await hang_up(web, other, chat)
    await refused(owner, "UnknownChat", "CS_CHAT_STATUS", ChatId=chat)
    await refused(owner, "UnknownChat", "CS_CHAT_HANGUP", ChatId=chat)
    await owner.send("CS_CHAT_SENTENCE", 6, ChatId=chat, ID="a1", Text="Ben knows that.")
    await owner.get("SC_CHAT_SENTENCE", 6, ID="a1", Counter=1)
    await other.send("CS_CHAT_STATUS", 7, ChatId=chat)
    whole = await other.get("SC_CHAT_STATUS", 7, Status="Closed", CloseReason="Agent")
    assert [item["Text"] for item in whole["Internal"]] == ["Owes us three months."]


@scenario("A transfer is rejected: the sender is told and keeps the chat")
async def transfer_rejected(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await other.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, "Ben declined.", owner)
    await _keeps(web, owner, chat, 1)


@scenario(
    "A transfer times out: the sender keeps the chat; the late answer changes nothing",
    signal_duration="700ms",
)
async def transfer_missed(stage: Stage) -> None:
    """B-25, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, "Ben did not answer.", owner)
    await other.send("CS_CHAT_ANSWER", 3, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", 3, ChatId=chat)
    await _keeps(web, owner, chat, 1)


@scenario("Who is asked to take a chat loses their connection: the sender keeps it")
async def transfer_target_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await other.close()
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, "Ben is not there any more.", owner)
    await _keeps(web, owner, chat, 1)


@scenario("A transfer is taken back before it is answered")
async def transfer_taken_back(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await owner.send("CS_CHAT_TRANSFER", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Answered", Parties=None, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await other.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", 4, ChatId=chat)
    await asks(owner, other, chat)
    await takes_over(web, owner, other, chat)
    await hang_up(web, other, chat)


@scenario("Transfers that are refused: each reason, and the chat is as before", staff="abcr")
async def transfer_refused(stage: Stage) -> None:
    """W-14, W-27, B-29."""
    web, owner, other, chat = await two_agents(stage)
    third = await stage.agent("c")
    bot = await stage.ready_agent("r")
    to: dict[str, object] = {"ChatId": chat, "ToAgentId": other.agent_id}
    transfer = "CS_CHAT_TRANSFER"
    await refused(owner, "UnknownAgent", transfer, ChatId=chat, ToAgentId=NOBODY)
    await refused(owner, "UnknownAgent", transfer, ChatId=chat, ToAgentId=bot.agent_id)
    await refused(owner, "WrongState", transfer, ChatId=chat, ToAgentId=third.agent_id)
    await refused(owner, "WrongState", transfer, ChatId=chat, ToAgentId=owner.agent_id)
    await refused(owner, "BadPayload", transfer, ChatId=chat, ToProjectId=NOBODY)
    await refused(owner, "BadPayload", transfer, **to, ToProjectId=NOBODY)
    for mode in ("Consult", "Conference", "Monitor"):
        await refused(owner, "BadPayload", transfer, **to, Mode=mode)
    await refused(owner, "WrongState", transfer, ChatId=chat)
    await refused(owner, "UnknownChat", transfer, **{**to, "ChatId": NOBODY})
    await refused(other, "UnknownChat", transfer, ChatId=chat, ToAgentId=third.agent_id)
    await refused(owner, "NotAllowed", transfer, **to, Peer="happy-path-1")
    await asks(owner, other, chat)
    await refused(owner, "WrongState", transfer, **to)
    await refused(other, "WrongState", transfer, ChatId=chat, ToAgentId=third.agent_id)
    await owner.send(transfer, 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Answered", Parties=None)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await _keeps(web, owner, chat, 1)
    await refused(owner, "ChatClosed", transfer, **to)


@scenario("WrongState: who is asked to take a chat has no free slot", max_chats="1")
async def transfer_no_slot(stage: Stage) -> None:
    """B-22, B-29."""
    web, owner, other, chat = await two_agents(stage)
    second = await start(web, "v2")
    await offered(web, other, second)
    await answer(web, other, second)
    await refused(owner, "WrongState", "CS_CHAT_TRANSFER", ChatId=chat, ToAgentId=other.agent_id)
    await stop(web, "v2")
    await other.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)
    await asks(owner, other, chat)
    await takes_over(web, owner, other, chat)
    await hang_up(web, other, chat)


async def _asks_second(owner: Client, chat: str) -> None:
    """The owner asks the second project to take the chat."""
    project = derive("project", f"Second {owner.stage.cell.name}")
    await owner.send("CS_CHAT_TRANSFER", 21, ChatId=chat, ToProjectId=project, Note="A contract")
    status = await owner.get("SC_CHAT_STATUS", 21, Status="Answered", Sentences=None, ChatId=chat)
    ((name, mode, state),) = parties(status)
    assert (name, mode, state) == (_second(owner), "Transfer", "Asked")


def _second(agent: Client) -> str:
    return f"Second {agent.stage.cell.name}"


async def _alerted(owner: Client, other: Client, chat: str, name: str) -> Members:
    alert = await other.get(
        "SC_CHAT_ALERT", Status="Alerting", Sentences=None, ChatId=chat, AgentId=other.agent_id
    )
    assert alert["Info"]["ProjectName"] == _second(owner)
    assert alert["Parties"][-1]["Note"] == "A contract"
    told = await owner.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    assert parties(told) == [(name, "Transfer", "Asked")]
    return alert


@scenario(
    "Transfer to a project: its agent answers, and the visitor sees one conversation", second="b"
)
async def transferred_to_project(stage: Stage) -> None:
    """B-29."""
    owner = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chat)
    first = await owner.get("SC_CHAT_ALERT", ChatId=chat)
    await answer(web, owner, chat)
    await visitor_says(web, owner, "m1", "Hello", 1)
    await _asks_second(owner, chat)
    other = await stage.ready_agent("b")
    alert = await _alerted(owner, other, chat, "Ben")
    assert alert["Info"]["EnqueueingTimeUtc"] == first["Info"]["EnqueueingTimeUtc"]
    await visitor_says(web, owner, "m2", "Are you still there?", 2)
    status = await takes_over(web, owner, other, chat, counters=2)
    assert status["Info"]["ProjectName"] == _second(owner)
    await visitor_says(web, other, "m3", "Hello again", 3)
    await hang_up(web, other, chat)


@scenario(
    "Transfer to a project: one agent rejects, the next one answers",
    staff="abc",
    second="bc",
)
async def transferred_to_next(stage: Stage) -> None:
    """B-24, B-29."""
    web, owner, other, chat = await two_agents(stage)
    third = await stage.ready_agent("c")
    await _asks_second(owner, chat)
    await _alerted(owner, other, chat, "Ben")
    await other.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    told = await owner.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    assert parties(told) == [(_second(owner), "Transfer", "Asked")]
    await _alerted(owner, third, chat, "Cora")
    await takes_over(web, owner, third, chat)
    await hang_up(web, third, chat)


@scenario(
    "Nobody of the project answers in time: the sender keeps the chat", broker="brisk", second="b"
)
async def transfer_to_project_missed(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await _asks_second(owner, chat)
    await _alerted(owner, other, chat, "Ben")
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, f"{_second(owner)} did not answer.", owner)
    await _keeps(web, owner, chat, 1)


@scenario("A transfer to a project is taken back, waiting and alerting", second="b")
async def transfer_to_project_taken_back(stage: Stage) -> None:
    """B-29."""
    web, owner, chat = await answered(stage)
    await _asks_second(owner, chat)
    await refused(owner, "WrongState", "CS_CHAT_TRANSFER", ChatId=chat, ToAgentId=owner.agent_id)
    await owner.send("CS_CHAT_TRANSFER", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Answered", Parties=None)
    other = await stage.ready_agent("b")
    await _asks_second(owner, chat)
    await _alerted(owner, other, chat, "Ben")
    await owner.send("CS_CHAT_TRANSFER", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Answered", Parties=None)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await _keeps(web, owner, chat, 1)


@scenario("Warm transfer: who was consulted takes the chat over at once")
async def warm_transfer(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Consult")
    await notes(owner, chat, "n1", "Can you take this?", 1, other)
    await notes(other, chat, "n2", "Yes.", 2, owner)
    await owner.send("CS_CHAT_TRANSFER", 3, ChatId=chat, ToAgentId=other.agent_id)
    await owner.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Answered", ChatId=chat, AgentId=other.agent_id)
    await other.get("SC_CHAT_STATUS", Status="Answered", AgentId=other.agent_id, Parties=None)
    await visitor_says(web, other, "m1", "Hello", 1)
    await hang_up(web, other, chat)


@scenario(
    "The sender loses their connection while they are waited for: the asked agent answers all the same",
    workplace_grace="5s",
)
async def transfer_sender_away(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await owner.close()
    await other.send("CS_CHAT_ANSWER", 22, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 22, Status="Answered", AgentId=other.agent_id)
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=other.agent_id)
    owner = await stage.agent(state="Ready")
    await owner.send("CS_CHAT_RESYNC", 5)
    await owner.get("SC_CHAT_LIST", 5, count=0)
    await hang_up(web, other, chat)


@scenario(
    "The sender does not come back: the transfer ends, and the chat is offered from the queue"
)
async def transfer_sender_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await owner.close()
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=1, Text="Your agent was lost.")
    await offered(web, other, chat)
    await answer(web, other, chat, sentences=1)
    await hang_up(web, other, chat)


@scenario("The visitor stops, or the sender ends the chat, while somebody is asked to take it")
async def transfer_overtaken(stage: Stage) -> None:
    """B-8, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat)
    await stop(web)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External", Parties=None)
    await other.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", 4, ChatId=chat)
    chat = await start(web, "v2")
    await offered(web, owner, chat)
    await answer(web, owner, chat)
    await asks(owner, other, chat)
    await hang_up(web, owner, chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario("Returned: back to the queue with its age kept, and to another agent")
async def returned(stage: Stage) -> None:
    """B-24, B-29."""
    owner = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chat)
    first = await owner.get("SC_CHAT_ALERT", ChatId=chat)
    await answer(web, owner, chat)
    await visitor_says(web, owner, "m1", "Hello", 1)
    other = await stage.ready_agent("b")
    await owner.send("CS_CHAT_RETURN", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Waiting", Sentences=None, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", AgentId=None, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Alerting", AgentId=other.agent_id, ChatId=chat)
    alert = await other.get("SC_CHAT_ALERT", ChatId=chat)
    assert alert["Info"]["EnqueueingTimeUtc"] == first["Info"]["EnqueueingTimeUtc"]
    await answer(web, other, chat, sentences=1)
    await hang_up(web, other, chat)


@scenario("Returned where nobody else is: the agent gets the chat again after a while, not at once")
async def returned_alone(stage: Stage) -> None:
    """B-24, B-29."""
    web, owner, chat = await answered(stage)
    await owner.send_together(
        ("CS_CHAT_RETURN", {"ChatId": chat, "id_": 3}), ("CS_CHAT_RESYNC", {"id_": 4})
    )
    await owner.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await owner.get("SC_CHAT_LIST", 4, count=0)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, owner, chat)
    await answer(web, owner, chat)
    await hang_up(web, owner, chat)


@scenario("Returns that are refused: not theirs, not answered yet, a party's, unknown, closed")
async def return_refused(stage: Stage) -> None:
    """W-14, B-29."""
    owner = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, owner, chat)
    await refused(owner, "WrongState", "CS_CHAT_RETURN", ChatId=chat)
    await answer(web, owner, chat)
    other = await stage.ready_agent("b")
    await refused(owner, "UnknownChat", "CS_CHAT_RETURN", ChatId=NOBODY)
    await refused(other, "UnknownChat", "CS_CHAT_RETURN", ChatId=chat)
    await joins(owner, other, chat, "Conference")
    await refused(other, "WrongState", "CS_CHAT_RETURN", ChatId=chat)
    await owner.send("CS_CHAT_HANGUP", 9, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 9, Status="Closed")
    await web.get("SE_CHAT_STATUS", Status="Closed")
    await other.get("SC_CHAT_STATUS", Status="Closed", Parties=None, ChatId=chat)
    await refused(owner, "ChatClosed", "CS_CHAT_RETURN", ChatId=chat)


@scenario("An agent who handed the chat over sends a sentence of theirs again: the same echo")
async def retried_after_transfer(stage: Stage) -> None:
    """W-21, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await owner.send("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="a1", Text="I connect you.")
    await owner.get("SC_CHAT_SENTENCE", 1, ID="a1", Counter=1)
    await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=1)
    await asks(owner, other, chat)
    await takes_over(web, owner, other, chat, counters=1)
    await owner.send("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a1", Text="I connect you.")
    await owner.get("SC_CHAT_SENTENCE", 2, ID="a1", Counter=1)
    await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=1)
    await web.send("ES_CHAT_CONFIRM", TrackingId="v1", ID="a1")
    await other.get("SC_CHAT_CONFIRM", ID="a1")
    await owner.send("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="a1", Text="I connect you.")
    await owner.get("SC_CHAT_SENTENCE", 3, ID="a1", Counter=1, ConfirmedTime=...)
    await refused(owner, "KeyReused", "CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Other")
    await hang_up(web, other, chat)


@scenario(
    "WrongState: a party whose connection is lost cannot be handed the chat", workplace_grace="5s"
)
async def transfer_to_lost_party(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Conference")
    await other.close()
    await stage.do("wait", seconds=0.1)
    to: Members = {"ChatId": chat, "ToAgentId": other.agent_id}
    await refused(owner, "WrongState", "CS_CHAT_TRANSFER", **to)
    await refused(owner, "WrongState", "CS_CHAT_LEAVE", ChatId=chat)
    other = await stage.agent("b", state="Ready")
    await owner.send("CS_CHAT_TRANSFER", 3, **to)
    await owner.get("SC_CHAT_STATUS", 3, Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=other.agent_id)
    await other.get("SC_CHAT_STATUS", Status="Answered", AgentId=other.agent_id, Parties=None)
    await hang_up(web, other, chat)
