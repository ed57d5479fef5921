"""What comes in: taken once, sorted into conversations, refused (B-50, B-56, B-58, B-59)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.mail_steps import (
    EVA,
    PATIENT,
    RULE,
    WORKED,
    alerted,
    brings,
    carrier,
    clerk,
    closes,
    commands,
    letter,
    says,
    sent,
    takes,
    working,
    writes,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario

HTML = '<p>Do they <b>fit</b>?</p><script>alert(1)</script><img src="https://far/spy.png">'
"""What somebody might write who wants to know who reads it."""


@scenario("A message is taken, cleaned and stored; the same again is answered alike", more=WORKED)
async def message_received(stage: Stage) -> None:
    """B-50: once for each name, and the missing body is made from the other."""
    mail, agent = await carrier(stage), await clerk(stage)
    message = await brings(stage, mail, BodyText=None, BodyHtml=HTML)
    talk = await alerted(agent, Subject="Boots", RemoteAddress=EVA, Unanswered=1, MessageCount=1)
    told = await takes(agent, talk)
    (one,) = told["Messages"]
    assert (one["MessageId"], one["Direction"]) == (message, "I")
    assert one["BodyText"] == "Do they fit?"
    assert "script" not in one["BodyHtml"]
    assert 'src="https' not in one["BodyHtml"].replace("data-src", "")
    assert await brings(stage, mail, BodyText=None, BodyHtml=HTML) == message
    assert await brings(stage, mail, BodyText="Quite another text.") == message
    await closes(agent, talk)


@scenario("Messages that are refused: what is missing, unknown, foreign or too long", more=WORKED)
async def message_refused(stage: Stage) -> None:
    """B-50, W-14: each changes nothing, and the same name is taken afterwards."""
    mail = await carrier(stage)

    whole = {"Peer": stage.cell.name, **letter(stage)}

    async def refuses(code: str, said: Members) -> None:
        await mail.send_bad("ES_MESSAGE_RECEIVING", 9, **said)
        await mail.get("SYS_ERROR", 9, Code=code, Type="ES_MESSAGE_RECEIVING", Fatal=False)

    for missing in ("DeliverySystemId", "RemoteAddress", "ReceivedSentTime"):
        await refuses("BadPayload", {name: one for name, one in whole.items() if name != missing})
    await refuses("BadPayload", {**whole, "Direction": "X"})
    await refuses("TooLong", {**whole, "SubjectField": "x" * 321})
    await refuses("UnknownMessage", {**whole, "Attachments": [{"BlobId": NOBODY}]})
    for unserved in (NOBODY, derive("message_gateway", "Mail of everybody")):
        await mail.send("ES_MESSAGE_RECEIVING", 8, **letter(stage, GatewayId=unserved))
        await mail.get("SE_MESSAGE_RECEIVED", 8, Id=None, Reference="r", Data="false")
    await brings(stage, mail)


@scenario(
    "A gateway has as many conversations open as may be: no more is taken until one ends",
    broker="few",
    more=WORKED,
)
async def message_overloaded(stage: Stage) -> None:
    """B-50, I-14: what there is no room for now is refused, and taken later."""
    mail, agent, first = await working(stage)
    await brings(stage, mail, "<2@far>", RemoteAddress="ada@example.org")
    second = await _taken(agent)
    third = letter(stage, "<3@far>", RemoteAddress="ida@example.org")
    await refused(mail, "Overloaded", "ES_MESSAGE_RECEIVING", **third)
    await closes(agent, first)
    await brings(stage, mail, "<3@far>", RemoteAddress="ida@example.org")
    await closes(agent, await _taken(agent))
    await closes(agent, second)


async def _taken(agent: Client, messages: int = 1, **members: object) -> str:
    """An agent takes what they are offered next."""
    talk = await alerted(agent, **members)
    await takes(agent, talk, messages)
    return talk


async def _goes_on(
    stage: Stage, mail: Client, agent: Client, talk: str, **members: object
) -> Members:
    """A message comes into a conversation, and is pushed to whoever works on it."""
    message = await brings(stage, mail, **members)  # type: ignore[arg-type] # a name is a str
    return await agent.get("SC_MESSAGE_RECEIVED", MessageId=message, ConversationId=talk)


@scenario("Messages go on in their conversation, by what they answer or follow", more=WORKED)
async def thread(stage: Stage) -> None:
    """B-56: In-Reply-To first, then the newest that is known; the address alone is no thread."""
    mail, agent, talk = await working(stage)
    reply = await writes(stage, agent, talk=talk)
    out = await sent(mail, agent, reply)
    assert (out["InReplyToId"], out["SubjectField"]) == ("<1@far>", "Re: Boots")
    named = out["DeliverySystemId"]
    await _goes_on(stage, mail, agent, talk, name="<2@far>", InReplyToId=named)
    follows = ["<1@far>", "<lost@far>"]
    came = await _goes_on(stage, mail, agent, talk, name="<3@far>", References=follows)
    assert (came["Counter"], came["References"]) == (4, follows)
    await brings(stage, mail, "<4@far>", InReplyToId="<lost@far>")
    other = await _taken(agent)
    assert other != talk
    await closes(agent, other)
    await closes(agent, talk)


@scenario("A reply to a conversation that was closed opens it again", more=WORKED)
async def thread_reopened(stage: Stage) -> None:
    """B-56: inside `conversation_inertia`, and for whoever worked on it last."""
    mail, agent, talk = await working(stage)
    await closes(agent, talk)
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    assert await _taken(agent, 2, ConversationId=talk, Unanswered=2) == talk
    await closes(agent, talk)


@scenario(
    "A reply that comes too late for that begins another conversation",
    more=PATIENT + 'conversation_inertia = "200ms"\n' + RULE,
)
async def thread_anew(stage: Stage) -> None:
    """B-56: whose `EarlierId` names the old one."""
    mail, agent, talk = await working(stage)
    await closes(agent, talk)
    await stage.do("wait", seconds=0.4)
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    other = await _taken(agent, EarlierId=talk)
    assert other != talk
    await closes(agent, other)


async def _overview(supervisor: Client, *, count: int) -> list[Members]:
    """What a supervisor sees: all that is open, and what is unwanted."""
    await supervisor.send("CS_CONVERSATION_OVERVIEW", 5)
    told = await supervisor.get("SC_CONVERSATION_OVERVIEW", 5, count=count)
    listed: list[Members] = told["items"]
    return listed


@scenario(
    "Spam is kept and offered to nobody, until it is said to be none",
    broker="unwanted",
    more=WORKED,
    staff="as",
)
async def spam(stage: Stage) -> None:
    """B-59: a filter's word, an agent's, and a supervisor who takes the mark away."""
    mail, agent = await carrier(stage), await clerk(stage)
    supervisor = await stage.agent("s")
    await brings(stage, mail, SpamLevel=3)
    (one,) = await _overview(supervisor, count=1)
    assert (one["Status"], one["CloseReason"], one["IsSpam"]) == ("Closed", "Rule", True)
    await brings(stage, mail, "<2@far>")
    talk = await _taken(agent)
    marked = await commands(agent, "CLOSE", talk, IsSpam=True)
    assert (marked["CloseReason"], marked["IsSpam"]) == ("Agent", True)
    await brings(stage, mail, "<3@far>")
    listed = await _overview(supervisor, count=2)
    assert {one["CloseReason"] for one in listed} == {"Rule"}
    await closes(supervisor, listed[0]["ConversationId"])
    await brings(stage, mail, "<4@far>")
    await closes(agent, await _taken(agent))


@scenario(
    "A receipt goes out once, and never for what machines write; of that too much is put aside",
    broker="watched",
    more=PATIENT + 'acknowledge = "We have got it."\n' + RULE,
    staff="as",
)
async def automatic_mail(stage: Stage) -> None:
    """B-58."""
    mail, supervisor = await carrier(stage), await stage.agent("s")
    await brings(stage, mail)
    receipt = await mail.get("SE_MESSAGE_SENDING", BodyText="We have got it.", IsAutomatic=True)
    assert (receipt["InReplyToId"], receipt["SubjectField"]) == ("<1@far>", "Re: Boots")
    await says(mail, receipt)
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    machine: Members = {"RemoteAddress": "away@example.org", "IsAutomatic": True}
    for name in ("<3@far>", "<4@far>", "<5@far>"):
        await brings(stage, mail, name, **machine)
    listed = await _overview(supervisor, count=4)
    parked = [one["RemoteAddress"] for one in listed if one.get("IsParked")]
    assert parked == ["away@example.org"]
    for one in listed:
        await closes(supervisor, one["ConversationId"])
    await brings(stage, mail, "<6@far>", InReplyToId="<1@far>", IsAutomatic=True)
    assert await _overview(supervisor, count=0) == []


@scenario(
    "What no rule knows is put aside, and a supervisor gives it to a project",
    broker="watched",
    more=PATIENT,
    staff="as",
)
async def message_without_rule(stage: Stage) -> None:
    """B-57: nothing is lost; nobody is offered it before."""
    mail, agent = await carrier(stage), await clerk(stage)
    supervisor = await stage.agent("s")
    await brings(stage, mail)
    (one,) = await _overview(supervisor, count=1)
    assert (one["Status"], one["IsParked"], one.get("ProjectId")) == ("Waiting", True, None)
    talk = one["ConversationId"]
    project = derive("project", f"Project {stage.cell.name}")
    await commands(supervisor, "TRANSFER", talk, ToProjectId=project, Note="Yours, I think.")
    await alerted(agent, ConversationId=talk, ProjectId=project)
    told = await takes(agent, talk)
    assert [note["Text"] for note in told["Internal"]] == ["Yours, I think."]
    await closes(agent, talk)
