"""Sentences: keys, retries, models, slots, typing."""

from __future__ import annotations

from tests.replay.dialogues.steps import agent_says, answered, hang_up, start, stop, visitor_says
from tests.replay.stage import Stage, scenario


@scenario("A sentence is sent again: the same echo, nothing stored or delivered twice")
async def retried(stage: Stage) -> None:
    """W-21."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", 3, ID="m1", Counter=1, ConfirmedTime=...)
    await agent_says(web, agent, chat, "a1", "Good day.", 2)
    await agent.send("CS_CHAT_SENTENCE", 4, ChatId=chat, ID="a1", Text="Good day.")
    await agent.get("SC_CHAT_SENTENCE", 4, ID="a1", Counter=2, ConfirmedTime=...)
    await web.send("ES_CHAT_STATUS", 5, TrackingId="v1")
    whole = await web.get("SE_CHAT_STATUS", 5)
    assert [item["ID"] for item in whole["Sentences"]] == ["m1", "a1"]
    await hang_up(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", 6, TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", 6, ID="m1", Counter=1)


@scenario("A retry of a sentence that was not confirmed is delivered again, with its counter")
async def retried_unconfirmed(stage: Stage) -> None:
    """W-21."""
    web, agent, chat = await answered(stage)
    for number in (1, 2):
        await web.send("ES_CHAT_SENTENCE", number, TrackingId="v1", ID="m1", Text="Hello")
        await web.get("SE_CHAT_SENTENCE", number, ID="m1", Counter=1, ConfirmedTime=None)
        await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    await hang_up(web, agent, chat)


@scenario("A key is used again for other words: KeyReused, of either side; the sides are apart")
async def key_reused(stage: Stage) -> None:
    """W-21, W-14."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "k", "Hello", 1)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="k", Text="Goodbye")
    await web.get("SYS_ERROR", 3, Code="KeyReused", Fatal=False, Type="ES_CHAT_SENTENCE")
    await web.send("ES_CHAT_SENTENCE", 4, TrackingId="v1", ID="k", Text="Hello", Model=2)
    await web.get("SYS_ERROR", 4, Code="KeyReused")
    await agent_says(web, agent, chat, "k", "The same key, the other side", 2)
    await agent.send("CS_CHAT_SENTENCE", 5, ChatId=chat, ID="k", Text="Other words")
    await agent.get("SYS_ERROR", 5, Code="KeyReused", Fatal=False)
    await hang_up(web, agent, chat)


@scenario("Models 4, 6 and 8 fill their slots, carry counter 0, and only the last is kept")
async def slots(stage: Stage) -> None:
    """W-22."""
    web, agent, chat = await answered(stage)
    for key, model, text in (("n1", 6, "/shop"), ("n2", 6, "/cart"), ("c1", 8, "{}")):
        await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID=key, Text=text, Model=model)
        await web.get("SE_CHAT_SENTENCE", ID=key, Text=text, Model=model, Counter=0)
        await agent.get("SC_CHAT_SENTENCE", ID=key, Text=text, Model=model, Counter=0)
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="p1", Text="We close at six.", Model=4)
    await agent.get("SC_CHAT_SENTENCE", ID="p1", Model=4, Counter=0)
    await web.get("SE_CHAT_SENTENCE", ID="p1", Model=4, Counter=0)
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="an1", Text="/contracts", Model=6)
    await agent.get("SC_CHAT_SENTENCE", ID="an1", Model=6, Counter=0)
    await web.get("SE_CHAT_SENTENCE", ID="an1", Model=6, Counter=0)
    await web.send("ES_CHAT_CONFIRM", 5, TrackingId="v1", ID="p1")
    await web.get("SYS_ACK", 5)
    await agent.get("SC_CHAT_CONFIRM", ID="p1", Model=4)
    await agent.send("CS_CHAT_CONFIRM", 6, ChatId=chat, ID="n2")
    await agent.get("SYS_ACK", 6)
    await web.get("SE_CHAT_CONFIRM", ID="n2", Model=6)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="t1", Text="A note", Model=2)
    await web.get("SE_CHAT_SENTENCE", ID="t1", Model=2, Counter=2)
    await agent.get("SC_CHAT_SENTENCE", ID="t1", Model=2, Counter=2)
    await agent.send("CS_CHAT_STATUS", 7, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 7)
    assert [item["ID"] for item in whole["Sentences"]] == ["m1", "t1"]
    assert whole["Navigation"]["Text"] == "/cart"
    assert whole["CoBrowsingData"]["ID"] == "c1"
    assert "Panel" not in whole
    await web.send("ES_CHAT_STATUS", 8, TrackingId="v1")
    whole = await web.get("SE_CHAT_STATUS", 8, Status="Answered")
    assert (whole["Panel"]["ID"], whole["Navigation"]["ID"]) == ("p1", "an1")
    assert "CoBrowsingData" not in whole
    await hang_up(web, agent, chat)


@scenario("Typing is passed on both ways, and only while somebody listens")
async def typing(stage: Stage) -> None:
    """W-23."""
    web, agent, chat = await answered(stage)
    await web.send("ES_CHAT_TYPING", TrackingId="v1", IsTyping=True)
    await agent.get("SC_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.send("ES_CHAT_TYPING", TrackingId="v1", IsTyping=False)
    await agent.get("SC_CHAT_TYPING", ChatId=chat, IsTyping=False)
    await agent.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.get("SE_CHAT_TYPING", TrackingId="v1", IsTyping=True)
    await agent_says(web, agent, chat, "a1", "Good day.", 1)
    await hang_up(web, agent, chat)


@scenario("Typing before anybody has answered goes nowhere and is no error")
async def typing_unheard(stage: Stage) -> None:
    """W-23."""
    web = await stage.connector()
    await start(web)
    await web.send("ES_CHAT_TYPING", TrackingId="v1", IsTyping=True)
    await stop(web)


@scenario("Texts of every script, a time of the sender's own, and a trace pass unchanged")
async def as_sent(stage: Stage) -> None:
    """W-2, W-5, W-7: text, key, time and trace."""
    web, agent, chat = await answered(stage)
    text = "Ahoj, שלום, 你好, 🙂\u2028<b>&amp;</b>\t"
    said = {"TrackingId": "v1", "ID": "ключ", "Text": text, "TimeSent": "2026-01-02T03:04:05.678Z"}
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await web.raw(web.frame("ES_CHAT_SENTENCE", said, "é" * 64, traceparent=trace))
    for client, name, re in (
        (web, "SE_CHAT_SENTENCE", "é" * 64),
        (agent, "SC_CHAT_SENTENCE", None),
    ):
        heard = await client.get(name, re, ID="ключ", Text=text)
        assert heard["TimeSent"].startswith("2026-01-02T03:04:05.678")
        assert client.headers.get("traceparent") == trace
    await hang_up(web, agent, chat)


@scenario("Sentences sent without waiting are numbered in the order in which they were sent")
async def pipelined(stage: Stage) -> None:
    """W-21, W-22, I-4, B-10: confirmed in any order."""
    web, agent, chat = await answered(stage)
    keys = [f"m{number}" for number in range(1, 6)]
    said = [{"TrackingId": "v1", "ID": key, "Text": f"This is {key}"} for key in keys]
    await web.send_together(*(("ES_CHAT_SENTENCE", members) for members in [*said, said[0]]))
    for counter, key in enumerate(keys, start=1):
        await web.get("SE_CHAT_SENTENCE", ID=key, Counter=counter)
        await agent.get("SC_CHAT_SENTENCE", ID=key, Counter=counter)
    # The last one was a retry of the first, which nobody had confirmed yet.
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=1)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    await agent.send_together(
        *(("CS_CHAT_CONFIRM", {"ChatId": chat, "ID": key}) for key in reversed(keys))
    )
    for key in reversed(keys):
        await web.get("SE_CHAT_CONFIRM", ID=key)
    await hang_up(web, agent, chat)


@scenario("Confirmations: an ack when it has an Id, a repeat changes nothing, unknown is refused")
async def confirmed(stage: Stage) -> None:
    """B-10, W-16."""
    web, agent, chat = await answered(stage)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=1)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    await agent.send("CS_CHAT_CONFIRM", 1, ChatId=chat, ID="m1")
    await agent.get("SYS_ACK", 1, Type="CS_CHAT_CONFIRM")
    await web.get("SE_CHAT_CONFIRM", ID="m1")
    await agent.send("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="m1")
    await agent.get("SYS_ACK", 2, Type="CS_CHAT_CONFIRM")
    await agent.send("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="nonsense")
    await agent.get("SYS_ERROR", 3, Code="UnknownMessage", Fatal=False)
    await hang_up(web, agent, chat)
