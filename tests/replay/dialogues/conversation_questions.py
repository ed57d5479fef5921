"""What is asked about conversations, and what becomes of them when somebody or the broker is away."""

from __future__ import annotations

from tests.replay.dialogues.mail_steps import (
    PATIENT,
    RULE,
    WORKED,
    alerted,
    brings,
    carrier,
    clerk,
    closes,
    commands,
    handed,
    says,
    takes,
    told,
    working,
    writes,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario


@scenario(
    "A conversation with its latest messages, and earlier ones; who may not see it", more=WORKED
)
async def conversation_status(stage: Stage) -> None:
    """W-25, B-57."""
    mail, agent, talk = await working(stage)
    for name in ("<2@far>", "<3@far>"):
        await brings(stage, mail, name, InReplyToId="<1@far>")
        await agent.get("SC_MESSAGE_RECEIVED", ConversationId=talk)

    async def shows(counters: list[int], **asked: int) -> None:
        await agent.send("CS_CONVERSATION_STATUS", 5, ConversationId=talk, **asked)
        told = await agent.get("SC_CONVERSATION_STATUS", 5, Status="Answered", MessageCount=3)
        assert [one["Counter"] for one in told["Messages"]] == counters

    await shows([1, 2, 3])
    await shows([2, 3], Limit=2)
    await shows([1], Before=2)
    await shows([], Before=1)
    asked: Members = {"ConversationId": talk}
    await refused(agent, "BadPayload", "CS_CONVERSATION_STATUS", **asked, Before=0)
    await refused(agent, "BadPayload", "CS_CONVERSATION_STATUS", **asked, Limit=0)
    other = await clerk(stage, "b")
    await refused(other, "UnknownConversation", "CS_CONVERSATION_STATUS", **asked)
    await refused(other, "UnknownConversation", "CS_CONVERSATION_STATUS", ConversationId=NOBODY)
    await closes(agent, talk)


@scenario("Who comes back finds their conversations: offered, answered, put aside", more=WORKED)
async def conversation_resync(stage: Stage) -> None:
    """W-25."""
    mail, agent, parked = await working(stage)
    await commands(agent, "PARK", parked)
    await brings(stage, mail, "<2@far>", RemoteAddress="ada@example.org")
    mine = await alerted(agent)
    await takes(agent, mine)
    await brings(stage, mail, "<3@far>", RemoteAddress="ida@example.org")
    offer = await alerted(agent)
    await agent.send("CS_CONVERSATION_RESYNC", 5)
    listed = (await agent.get("SC_CONVERSATION_LIST", 5, count=3))["items"]
    found = {one["ConversationId"]: one["Status"] for one in listed}
    assert found == {parked: "Waiting", mine: "Answered", offer: "Alerting"}
    await refused(agent, "BadPayload", "CS_CONVERSATION_RESYNC", After=1)
    await takes(agent, offer)
    await commands(agent, "PICK", parked)
    for talk in found:
        await closes(agent, talk)


@scenario("Lists of conversations in pieces", broker="pieces", more=WORKED)
async def conversations_in_pieces(stage: Stage) -> None:
    """W-25."""
    mail, first = await carrier(stage), await clerk(stage)
    talks = []
    for name in ("<1@far>", "<2@far>", "<3@far>"):
        await brings(stage, mail, name, RemoteAddress=name[1:-1])
        talks.append(await alerted(first))
        await commands(first, "ANSWER", talks[-1])
    await first.close()
    agent = await stage.open("agent a")
    agent.peer = first.peer
    await agent.send("SYS_HELLO", **stage.hello("workplace"), TakesPieces=True)
    await agent.get("SYS_WELCOME")
    await agent.get("SC_AGENT_STATE", State="Ready")
    await agent.send("CS_CONVERSATION_RESYNC", 5)
    piece = (await agent.get("SC_CONVERSATION_LIST", 5, count=2))["items"]
    more = agent.headers["More"]
    await agent.send("CS_CONVERSATION_RESYNC", 6, After=more)
    piece += (await agent.get("SC_CONVERSATION_LIST", 6, count=1))["items"]
    assert [one["ConversationId"] for one in piece] == talks
    assert "More" not in agent.headers
    await refused(agent, "BadPayload", "CS_CONVERSATION_RESYNC", After=0)
    for talk in talks:
        await closes(agent, talk)


@scenario(
    "What a supervisor sees of conversations, and why one waits; agents see what they may take",
    broker="watched",
    more=WORKED,
    staff="abs",
)
async def conversations_overview(stage: Stage) -> None:
    """B-30, B-57."""
    mail, agent, mine = await working(stage)
    other, supervisor = await clerk(stage, "b", ready=False), await stage.agent("s")
    await brings(stage, mail, "<2@far>", RemoteAddress="ada@example.org")
    offer = await alerted(agent)
    await agent.send("CS_AGENT_STATE", State="Pause")
    await agent.get("SC_AGENT_STATE", State="Pause")
    await brings(stage, mail, "<3@far>", RemoteAddress="ida@example.org")
    await supervisor.send("CS_CONVERSATION_OVERVIEW", 5)
    listed = (await supervisor.get("SC_CONVERSATION_OVERVIEW", 5, count=3))["items"]
    found = {one["Status"]: one["ConversationId"] for one in listed}
    assert (found["Answered"], found["Alerting"]) == (mine, offer)
    waits = found["Waiting"]
    await other.send("CS_CONVERSATION_OVERVIEW", 5)
    (one,) = (await other.get("SC_CONVERSATION_OVERVIEW", 5, count=1))["items"]
    assert one["ConversationId"] == waits
    asked: Members = {"ConversationId": waits, "AgentId": other.agent_id}
    await supervisor.send("CS_CONVERSATION_EXPLAIN", 6, **asked)
    told = (await supervisor.get("SC_CONVERSATION_EXPLANATION", 6, count=3))["items"]
    assert [line["Kind"] for line in told] == ["routed", "waiting", "now"]
    assert told[-1]["Reason"] == "state Pause"
    await refused(other, "NotAllowed", "CS_CONVERSATION_EXPLAIN", **asked)
    await refused(
        supervisor, "UnknownConversation", "CS_CONVERSATION_EXPLAIN", ConversationId=NOBODY
    )
    await refused(
        supervisor, "UnknownAgent", "CS_CONVERSATION_EXPLAIN", **{**asked, "AgentId": NOBODY}
    )
    await supervisor.send("CS_CONVERSATION_STATUS", 7, ConversationId=mine)
    whole = await supervisor.get("SC_CONVERSATION_STATUS", 7, Status="Waiting")
    assert len(whole["Messages"]) == 1
    for talk in (waits, mine, offer):
        await closes(supervisor, talk)
    await agent.get("SC_CONVERSATION_STATUS", ConversationId=mine, Status="Closed")
    await agent.get("SC_CONVERSATION_ALERT_END", ConversationId=offer)


async def _back(stage: Stage, talk: str, status: str = "Answered") -> Client:
    """An agent comes back and finds their conversation."""
    agent = await stage.agent(state="Ready")
    await agent.send("CS_CONVERSATION_RESYNC", 1)
    (one,) = (await agent.get("SC_CONVERSATION_LIST", 1, count=1))["items"]
    assert (one["ConversationId"], one["Status"]) == (talk, status)
    return agent


@scenario("A workplace is lost: the agent comes back in time, and works on", more=WORKED)
async def conversation_agent_back(stage: Stage) -> None:
    """B-57: what comes in meanwhile is there."""
    mail, agent, talk = await working(stage)
    await agent.close()
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    again = await _back(stage, talk)
    await again.send("CS_CONVERSATION_STATUS", 5, ConversationId=talk)
    whole = await again.get("SC_CONVERSATION_STATUS", 5)
    assert len(whole["Messages"]) == 2
    await closes(again, talk)


@scenario(
    "A workplace is lost: its alert is withdrawn at once, its work after a while",
    more=PATIENT + 'workplace_grace = "400ms"\n' + RULE,
)
async def conversation_agent_lost(stage: Stage) -> None:
    """B-57: and somebody else is offered both."""
    mail, lost, mine = await working(stage)
    await lost.send("CS_MESSAGE_DRAFT", 5, ConversationId=mine, BodyText="They", Counter=0)
    await lost.get("SYS_ACK", 5)
    await brings(stage, mail, "<2@far>", RemoteAddress="ada@example.org")
    offer = await alerted(lost)
    await lost.close()
    other = await clerk(stage, "b")
    assert await alerted(other) == offer
    await takes(other, offer)
    assert await alerted(other) == mine
    whole = await takes(other, mine)
    assert whole["Draft"]["BodyText"] == "They"
    await closes(other, offer)
    await closes(other, mine)


async def _gone(*clients: Client) -> None:
    for client in clients:
        await client.get("SYS_BYE", Code="Shutdown")
        await client.gone()


@scenario(
    "The broker is restarted with a message under way, a conversation and a draft",
    more=PATIENT + 'deadline = "3s"\nretries = ["500ms"]\n' + RULE,
)
async def messages_restarted(stage: Stage) -> None:
    """B-12, B-53, B-57: the attempt goes on, and the rest is where it was."""
    mail, agent, talk = await working(stage)
    message = await writes(stage, agent, talk=talk)
    await handed(mail, agent, message)
    await agent.send("CS_MESSAGE_DRAFT", 5, ConversationId=talk, BodyText="And", Counter=0)
    await agent.get("SYS_ACK", 5)
    await stage.do("restart")
    await _gone(mail, agent)
    mail = await carrier(stage)
    agent = await _back(stage, talk)
    await says(mail, message)
    await told(agent, message, "Sent", Attempt=1)
    await agent.send("CS_CONVERSATION_STATUS", 5, ConversationId=talk)
    whole = await agent.get("SC_CONVERSATION_STATUS", 5, Status="Answered", Unanswered=0)
    assert whole["Draft"]["BodyText"] == "And"
    assert [one["Status"] for one in whole["Messages"] if one["Direction"] == "O"] == ["Sent"]
    assert await brings(stage, mail) == whole["Messages"][0]["MessageId"]
    await closes(agent, talk)


@scenario(
    "The broker is killed with a message under way: not answered in time, tried again",
    more=PATIENT + 'deadline = "2s"\nretries = ["300ms"]\n' + RULE,
)
async def messages_killed(stage: Stage) -> None:
    """B-53, B-55: the first attempt is unknown."""
    mail, agent, talk = await working(stage)
    message = await writes(stage, agent, talk=talk)
    await handed(mail, agent, message)
    await stage.do("kill")
    for client in (mail, agent):
        await client.gone()
    mail = await carrier(stage)
    agent = await _back(stage, talk)
    await told(agent, message, "Retry", Attempt=1)
    await handed(mail, agent, message, attempt=2)
    await says(mail, message)
    await told(agent, message, "Sent", Attempt=2)
    await closes(agent, talk)


@scenario("Whatever names the workplace of somebody else is not allowed", more=WORKED)
async def conversation_of_another_workplace(stage: Stage) -> None:
    """W-14: nothing of it is done."""
    _, agent, talk = await working(stage)
    other = await clerk(stage, "b")
    said: Members = {"Peer": agent.peer, "ConversationId": talk}
    for what in ("ANSWER", "PICK", "RETURN", "PARK", "CLOSE", "STATUS", "RESYNC", "OVERVIEW"):
        await refused(other, "NotAllowed", f"CS_CONVERSATION_{what}", **said)
    await refused(other, "NotAllowed", "CS_CONVERSATION_TRANSFER", **said, ToAgentId=other.agent_id)
    await refused(other, "NotAllowed", "CS_CONVERSATION_NOTE", **said, ID="n1", Text="Mine.")
    await closes(agent, talk)
