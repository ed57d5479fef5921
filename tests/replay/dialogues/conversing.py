"""Work on conversations: taken, given back, handed over, put aside, closed (B-57)."""

from __future__ import annotations

from typing import Any

from protocol.identifiers import derive
from tests.replay.dialogues.mail_steps import (
    WORKED,
    alerted,
    brings,
    carrier,
    clerk,
    closes,
    commands,
    in_seconds,
    takes,
    working,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario

PAST = "2026-01-01T00:00:00Z"


def _project(stage: Stage, which: str = "Project") -> str:
    return derive("project", f"{which} {stage.cell.name}")


async def _two_clerks(stage: Stage) -> tuple[Client, Client, Client, str]:
    """Agent a works on a conversation, agent b could.

    Returns:
        The connector, the two agents and the conversation.
    """
    mail, owner, talk = await working(stage)
    return mail, owner, await clerk(stage, "b"), talk


async def _withdrawn(agent: Client, talk: str, re: int | None = None) -> None:
    """The alert is over (B-25)."""
    await agent.get("SC_CONVERSATION_ALERT_END", re, ConversationId=talk)


async def _declines(agent: Client, talk: str) -> None:
    """An agent does not want what they are offered."""
    declined = await commands(agent, "RETURN", talk)
    assert declined["Status"] == "Waiting"
    await _withdrawn(agent, talk)


async def _seen(agent: Client, talk: str, status: str, **members: Any) -> Members:
    """An agent is told how a conversation stands for them now."""
    return await agent.get(
        "SC_CONVERSATION_STATUS", ConversationId=talk, Status=status, Messages=None, **members
    )


@scenario(
    "A conversation is declined, and missed; who comes too late is told so",
    more=WORKED,
    signal_duration="600ms",
)
async def conversation_declined(stage: Stage) -> None:
    """B-24, B-25, B-57."""
    mail, first = await carrier(stage), await clerk(stage)
    await brings(stage, mail)
    talk = await alerted(first, MaxSignalDuration=1)
    await _declines(first, talk)
    await first.send("CS_CONVERSATION_ANSWER", 5, ConversationId=talk)
    await _withdrawn(first, talk, 5)
    other = await clerk(stage, "b")
    await alerted(other, ConversationId=talk)
    await _withdrawn(other, talk)
    await alerted(first, ConversationId=talk)
    await takes(first, talk)
    await closes(first, talk)


@scenario("A conversation that was answered is given back, and goes to somebody else", more=WORKED)
async def conversation_returned(stage: Stage) -> None:
    """B-57: its age is kept, and whoever let it go is left out for a while."""
    _, owner, other, talk = await _two_clerks(stage)
    back = await commands(owner, "RETURN", talk)
    assert (back["Status"], back.get("AgentId")) == ("Waiting", None)
    await alerted(other, ConversationId=talk, EnqueueingTimeUtc=back["EnqueueingTimeUtc"])
    await takes(other, talk)
    await refused(owner, "UnknownConversation", "CS_CONVERSATION_RETURN", ConversationId=talk)
    await closes(other, talk)


@scenario(
    "One that waits is taken by hand; what cannot be taken so", more=WORKED, staff="abs", second="b"
)
async def conversation_picked(stage: Stage) -> None:
    """B-57: by whoever could be offered it; a supervisor needs no skill for that."""
    mail, agent = await carrier(stage), await clerk(stage, ready=False)
    other, supervisor = await clerk(stage, "b"), await clerk(stage, "s")
    await brings(stage, mail)
    await agent.send("CS_CONVERSATION_OVERVIEW", 5)
    (one,) = (await agent.get("SC_CONVERSATION_OVERVIEW", 5, count=1))["items"]
    talk = one["ConversationId"]
    await other.send("CS_CONVERSATION_OVERVIEW", 5)
    await other.get("SC_CONVERSATION_OVERVIEW", 5, count=0)
    await refused(other, "UnknownConversation", "CS_CONVERSATION_PICK", ConversationId=talk)
    await refused(agent, "UnknownConversation", "CS_CONVERSATION_PICK", ConversationId=NOBODY)
    await refused(agent, "WrongState", "CS_CONVERSATION_PICK", ConversationId=talk)
    picked = await commands(supervisor, "PICK", talk)
    assert (picked["Status"], len(picked["Messages"])) == ("Answered", 1)
    await refused(agent, "WrongState", "CS_CONVERSATION_PICK", ConversationId=talk)
    await closes(supervisor, talk)
    await refused(supervisor, "ChatClosed", "CS_CONVERSATION_PICK", ConversationId=talk)


async def _asks(owner: Client, other: Client, talk: str) -> None:
    """An owner asks a colleague to take it over: they are alerted, and it stays where it is."""
    await owner.send(
        "CS_CONVERSATION_TRANSFER",
        6,
        ConversationId=talk,
        ToAgentId=other.agent_id,
        Note="It is about boots.",
    )
    told = await owner.get("SC_CONVERSATION_STATUS", 6, Status="Answered", Messages=None)
    assert told["AgentId"] == owner.agent_id
    note = await owner.get("SC_CONVERSATION_NOTE", Text="It is about boots.")
    alert = await other.get("SC_CONVERSATION_ALERT", ConversationId=talk, Status="Alerting")
    assert [one["Text"] for one in alert["Internal"]] == [note["Text"]]


@scenario("A conversation is handed over to a colleague, who is told why", more=WORKED)
async def conversation_transferred(stage: Stage) -> None:
    """B-57: it is the owner's until the other one has it."""
    _, owner, other, talk = await _two_clerks(stage)
    await _asks(owner, other, talk)
    told = await takes(other, talk, AgentId=other.agent_id)
    assert [one["Text"] for one in told["Internal"]] == ["It is about boots."]
    await _seen(owner, talk, "Waiting")
    await closes(other, talk)


@scenario(
    "Nobody takes a conversation over: declined, not answered, taken back; it stays where it was",
    more=WORKED,
    signal_duration="500ms",
)
async def conversation_kept(stage: Stage) -> None:
    """B-57: and its owner is told each time."""
    _, owner, other, talk = await _two_clerks(stage)
    await _asks(owner, other, talk)
    await _declines(other, talk)
    await _seen(owner, talk, "Answered")
    await _asks(owner, other, talk)
    await _withdrawn(other, talk)
    await _seen(owner, talk, "Answered")
    await _asks(owner, other, talk)
    back = await commands(owner, "TRANSFER", talk)
    assert back["Status"] == "Answered"
    await _withdrawn(other, talk)
    await closes(owner, talk)


@scenario("A conversation is handed over to a project, and waits there", more=WORKED, second="b")
async def conversation_to_project(stage: Stage) -> None:
    """B-57: with its age, and a note."""
    _, owner, other, talk = await _two_clerks(stage)
    second = _project(stage, "Second")
    given = await commands(owner, "TRANSFER", talk, ToProjectId=second, Note="For you.")
    assert (given["Status"], given["ProjectId"]) == ("Waiting", second)
    await alerted(other, ConversationId=talk, ProjectId=second)
    told = await takes(other, talk)
    assert [one["Text"] for one in told["Internal"]] == ["For you."]
    await closes(other, talk)


@scenario("Handing a conversation over that is refused", more=WORKED, staff="abs")
async def conversation_transfer_refused(stage: Stage) -> None:
    """B-57, W-14: each changes nothing."""
    _, owner, talk = await working(stage)
    supervisor = await stage.agent("s")
    project, ben = _project(stage), derive("agent", f"Agent b of {stage.cell.name}")

    async def refuses(code: str, client: Client = owner, **to: object) -> None:
        await refused(client, code, "CS_CONVERSATION_TRANSFER", ConversationId=talk, **to)

    await refuses("WrongState")
    await refuses("WrongState", ToAgentId=owner.agent_id)
    await refuses("WrongState", ToAgentId=ben)
    await refuses("UnknownAgent", ToAgentId=NOBODY)
    await refuses("BadPayload", ToProjectId=NOBODY)
    await refuses("BadPayload", ToAgentId=ben, ToProjectId=project)
    await refuses("WrongState", supervisor, ToProjectId=project)
    other = await clerk(stage, "b")
    await _asks(owner, other, talk)
    await refuses("WrongState", ToProjectId=project)
    await closes(owner, talk)
    await _withdrawn(other, talk)
    await refuses("ChatClosed", ToProjectId=project)
    await refuses("UnknownConversation", other, ToProjectId=project)


@scenario("A conversation is put aside until a time, and comes back then", more=WORKED)
async def conversation_parked_until(stage: Stage) -> None:
    """B-57: for whoever put it aside, who is told; until then it is nobody's."""
    _, owner, talk = await working(stage)
    await refused(owner, "BadPayload", "CS_CONVERSATION_PARK", ConversationId=talk, UntilUtc=PAST)
    parked = await commands(owner, "PARK", talk, UntilUtc=in_seconds(0.8))
    assert (parked["Status"], parked["IsParked"]) == ("Waiting", True)
    await owner.send("CS_CONVERSATION_RESYNC", 7)
    (one,) = (await owner.get("SC_CONVERSATION_LIST", 7, count=1))["items"]
    assert one["ParkedUntilUtc"] == parked["ParkedUntilUtc"]
    await refused(owner, "WrongState", "CS_CONVERSATION_PARK", ConversationId=talk)
    await _seen(owner, talk, "Waiting", IsParked=False)
    await alerted(owner, ConversationId=talk, IsParked=False)
    await takes(owner, talk)
    await closes(owner, talk)


@scenario("A conversation is put aside until they write, or it is picked before", more=WORKED)
async def conversation_parked(stage: Stage) -> None:
    """B-57."""
    mail, owner, talk = await working(stage)
    await commands(owner, "PARK", talk)
    picked = await commands(owner, "PICK", talk)
    assert (picked["Status"], picked["IsParked"]) == ("Answered", False)
    parked = await commands(owner, "PARK", talk)
    assert parked.get("ParkedUntilUtc") is None
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    await _seen(owner, talk, "Waiting", IsParked=False)
    await alerted(owner, ConversationId=talk, Unanswered=2)
    await takes(owner, talk, 2)
    await closes(owner, talk)


@scenario("A conversation ends with a code and a note, and what is refused of an end", more=WORKED)
async def conversation_closed(stage: Stage) -> None:
    """B-57: the code is a configured one."""
    _, owner, talk = await working(stage)
    other = await clerk(stage, "b")
    closing: Members = {"ConversationId": talk, "Code": "lost"}
    await refused(owner, "BadPayload", "CS_CONVERSATION_CLOSE", **closing)
    await refused(other, "UnknownConversation", "CS_CONVERSATION_CLOSE", ConversationId=talk)
    await refused(
        owner, "NotAllowed", "CS_CONVERSATION_CLOSE", ConversationId=talk, Peer=other.peer
    )
    ended = await commands(owner, "CLOSE", talk, Code="sold", Note="They fit.")
    assert (ended["CloseReason"], ended["Code"]) == ("Agent", "sold")
    await refused(owner, "ChatClosed", "CS_CONVERSATION_CLOSE", ConversationId=talk)
    await refused(owner, "ChatClosed", "CS_CONVERSATION_RETURN", ConversationId=talk)
    await refused(owner, "ChatClosed", "CS_CONVERSATION_PARK", ConversationId=talk)


@scenario(
    "A supervisor ends a conversation of an agent, and one that waits", more=WORKED, staff="as"
)
async def conversation_closed_by_supervisor(stage: Stage) -> None:
    """B-57."""
    mail, owner, talk = await working(stage)
    supervisor = await stage.agent("s")
    await closes(supervisor, talk)
    await _seen(owner, talk, "Closed", CloseReason="Admin")
    await brings(stage, mail, "<2@far>")
    other = await alerted(owner)
    await closes(supervisor, other)
    await _withdrawn(owner, other)


@scenario("Notes for colleagues have keys as sentences have", more=WORKED)
async def conversation_noted(stage: Stage) -> None:
    """B-57, W-21."""
    _, owner, talk = await working(stage)
    said: Members = {"ConversationId": talk, "ID": "n1", "Text": "Size 42."}
    for _ in range(2):
        await owner.send("CS_CONVERSATION_NOTE", 5, **said)
        await owner.get("SC_CONVERSATION_NOTE", 5, ID="n1", Text="Size 42.", Counter=1)
    await refused(owner, "KeyReused", "CS_CONVERSATION_NOTE", **{**said, "Text": "Size 43."})
    other = await clerk(stage, "b")
    await refused(other, "UnknownConversation", "CS_CONVERSATION_NOTE", **{**said, "ID": "n2"})
    await owner.send_bad("CS_CONVERSATION_NOTE", 6, **{**said, "ID": "n" * 65})
    await owner.get("SYS_ERROR", 6, Code="TooLong", Fatal=False)
    await closes(owner, talk)
    await refused(owner, "ChatClosed", "CS_CONVERSATION_NOTE", **{**said, "ID": "n4"})
