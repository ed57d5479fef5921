"""The service as who asks it sees it: figures, refusals, and how it describes itself."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from broker.reporting.figures.bearers import Right
from broker.reporting.figures.listing import Figure
from broker.reporting.figures.operations import OPERATIONS
from protocol.identifiers import derive
from tests.support.figures_stage import busy_morning, letter, playing

LIVE = "/v1/live"
DAY = "2026-09-21"


def group(live: dict[str, Any], name: str) -> dict[str, Any]:
    """The figures of a project."""
    found: dict[str, Any] = next(one for one in live["Groups"] if one["Project"]["Name"] == name)
    return found


async def test_how_a_morning_stands() -> None:
    """What was worked out by hand for it."""
    async with playing() as stage:
        busy_morning(stage)
        live = await stage.told(LIVE)
        support, sales = group(live, "Support"), group(live, "Sales")
        today = support["Today"]
        assert (today["Offered"], today["Answered"], today["InTime"]) == (3, 2, 1)
        assert (today["Unanswered"], today["Overdue"], today["Events"]) == (1, 1, 3)
        assert today["ServiceLevel"] == {"Negative": 33.33, "Ignored": 33.33, "Positive": 33.33}
        assert today["SpeedOfAnswerSeconds"] == 14.5
        assert (today["Handled"], today["HandleTimeSeconds"]) == (1, 90.0)
        assert (support["Waiting"], support["WaitingSinceUtc"]) == (1, "2026-09-21T14:15:50Z")
        assert support["LongestWaitSeconds"] == 25.0
        assert support["Chats"]["Waiting"] == 1
        assert support["Chats"]["Answered"] == 1
        assert (support["Agents"]["Ready"], support["Agents"]["Pause"]) == (1, 1)
        assert support["Agents"]["Busy"] == 1
        given_up = sales["Today"]
        assert (given_up["Abandoned"], given_up["AbandonedInTime"]) == (1, 1)
        assert given_up["ServiceLevel"] == {"Negative": 0.0, "Ignored": None, "Positive": 100.0}
        assert given_up["AbandonmentPercent"] == 100.0
        assert live["DayUtc"] == "2026-09-20T22:00:00Z"
        alice, bob = live["Agents"]
        assert (alice["Agent"]["Name"], alice["State"], alice["Chats"]) == (
            "Alice Novak",
            "Ready",
            1,
        )
        assert alice["SinceUtc"] == "2026-09-21T14:13:20Z"
        # 90 s and 30 s with a chat, of 175 s.
        assert alice["OccupancyPercent"] == 69.0
        assert (bob["State"], bob["OccupancyPercent"]) == ("Pause", None)


async def test_by_what_is_asked_for() -> None:
    async with playing() as stage:
        busy_morning(stage)
        (all_,) = (await stage.told(LIVE, by=""))["Groups"]
        assert (all_["Key"], all_["Today"]["Offered"]) == ("", 4)
        both = (await stage.told(LIVE, by="gateway,project"))["Groups"]
        assert {(one["Gateway"]["Name"], one["Project"]["Name"]) for one in both} == {
            ("Web chat", "Sales"),
            ("Web chat", "Support"),
        }
        for project in ("Sales", derive("project", "Sales")):
            (sales,) = (await stage.told(LIVE, project=project))["Groups"]
            assert sales["Today"]["Offered"] == 1
        assert (await stage.told(LIVE, by="language", gateway="Messenger"))["Groups"] == []


async def test_nobody_sees_what_is_of_others() -> None:
    """A token of one project: its figures, the agents who know it, its contacts and nothing else."""
    async with playing() as stage:
        busy_morning(stage)
        live = await stage.told(LIVE, "sales")
        assert [one["Project"]["Name"] for one in live["Groups"]] == ["Sales"]
        assert [one["Agent"]["Name"] for one in live["Agents"]] == ["Alice Novak"]
        offered = await stage.told("/v1/contacts", "sales", figure="Offered")
        assert [one["ChatId"] for one in offered["Contacts"]] == [stage.chats["t2"]]
        assert (await stage.told("/v1/contacts", "sales", figure="Waiting"))["Contacts"] == []
        intervals = await stage.told("/v1/intervals", "sales")
        assert [one["Project"]["Name"] for one in intervals["Intervals"]] == ["Sales"]
        for chat in (stage.chats["t3"], "00000000-0000-4000-8000-00000000dead"):
            response = await stage.ask(f"/v1/chats/{chat}/transcript", "sales")
            assert (response.status_code, response.json()["code"]) == (404, "UnknownChat")
        mine = await stage.told(f"/v1/chats/{stage.chats['t2']}/transcript", "sales")
        assert mine["Project"]["Name"] == "Sales"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.path)
async def test_who_may_ask(operation: Any) -> None:
    """Each operation, by each of those who may not."""
    async with playing() as stage:
        await stage.look()
        path = operation.path.replace("{ChatId}", "0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10")
        for token in (None, "nobody"):
            response = await stage.ask(path, token)
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["content-type"] == "application/problem+json"
            problem = response.json()
            assert (problem["code"], problem["status"], problem["type"]) == (
                *("AuthFailed", 401),
                "about:blank",
            )
        basic = await stage.http.get(path, headers={"Authorization": "Basic d2FsbC1zZWNyZXQ="})
        assert basic.status_code == 401
        in_query = await stage.http.get(path, params={"token": "boss-secret"})
        assert in_query.status_code == 401
        if operation.right is Right.CONTACTS:
            refused = await stage.ask(path, "wall")
            assert (refused.status_code, refused.json()["code"]) == (403, "NotAllowed")
        if any(one.name == "project" for one in operation.parameters):
            for project in ("Support", "Nothing"):
                foreign = await stage.ask(path, "sales", project=project, figure="Offered")
                wanted = (403, "NotAllowed", "project")
                if operation.path != "/v1/contacts":
                    foreign = await stage.ask(path, "sales", project=project)
                problem = foreign.json()
                assert (foreign.status_code, problem["code"], problem["member"]) == wanted


@pytest.mark.parametrize(
    ("path", "query", "member", "text"),
    [
        (LIVE, {"by": "colour"}, "by", "must be some of project, language, gateway"),
        (LIVE, {"by": "project,project"}, "by", "must be some of"),
        (LIVE, {"colour": "red"}, "colour", "there is no such parameter"),
        (LIVE, {"project": "Nothing"}, "project", "there is no such project"),
        (LIVE, {"language": "Klingon"}, "language", "there is no such language"),
        (LIVE, {"gateway": "x" * 600}, "gateway", "is longer than 512 characters"),
        (LIVE, {"project": ["Sales", "Sales"]}, "project", "is there twice"),
        ("/v1/intervals", {"minutes": "20"}, "minutes", "must be one of 15, 30, 60"),
        ("/v1/intervals", {"day": "2026-09-19"}, "day", "must be today or yesterday"),
        ("/v1/intervals", {"day": "0001-01-01"}, "day", "must be today or yesterday"),
        ("/v1/intervals", {"day": "monday"}, "day", "must be a day like"),
        ("/v1/contacts", {}, "figure", "is missing"),
        ("/v1/contacts", {"figure": "Nothing"}, "figure", "must be one of Offered"),
        ("/v1/contacts", {"figure": "Offered", "limit": "0"}, "limit", "from 1 to 500"),
        ("/v1/contacts", {"figure": "Offered", "limit": "-1"}, "limit", "from 1 to 500"),
        ("/v1/contacts", {"figure": "Offered", "cursor": "x"}, "cursor", "must be one of ours"),
        ("/v1/contacts", {"figure": "Offered", "cursor": "W10="}, "cursor", "must be one of ours"),
        ("/v1/contacts", {"figure": "Offered", "cursor": "WyJ4Il0="}, "cursor", "one of ours"),
        ("/v1/contacts", {"figure": "Offered", "from": "noon"}, "from", "is not a time like"),
        (
            "/v1/contacts",
            {"figure": "Offered", "from": f"{DAY}T14:01:00Z"},
            "from",
            "must be the beginning of an interval",
        ),
        (
            "/v1/contacts",
            {"figure": "Offered", "from": "2026-09-22T14:00:00Z"},
            "from",
            "must be the beginning of an interval",
        ),
        ("/v1/chats/nobody/transcript", {}, "ChatId", ""),
        ("/v1/chats/00000000-0000-0000-0000-000000000000/transcript", {}, "ChatId", "of zeros"),
        (
            "/v1/chats/0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10/transcript",
            {"after": "x"},
            "after",
            "must be a whole number",
        ),
    ],
)
async def test_what_is_wrong_is_said_with_its_member(
    path: str, query: dict[str, Any], member: str, text: str
) -> None:
    async with playing() as stage:
        await stage.look()
        response = await stage.ask(path, "boss", **query)
        problem = response.json()
        assert (response.status_code, problem["code"], problem["member"]) == (
            *(422, "BadPayload"),
            member,
        )
        assert text in problem["detail"]
        assert problem["detail"].startswith(f"{member}: ")


async def test_what_is_not_there() -> None:
    async with playing() as stage:
        nothing = await stage.ask("/v1/nothing")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "UnknownType")
        wrong = await stage.http.post(LIVE)
        assert (wrong.status_code, wrong.json()["code"]) == (405, "NotAllowed")
        await stage.look()
        absent = await stage.ask("/v1/chats/0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10/transcript")
        assert (absent.status_code, absent.json()["code"]) == (404, "UnknownChat")


def number_of(live: dict[str, Any], figure: Figure) -> int:
    """How many contacts a figure says that there are."""
    (one,) = live["Groups"]
    kind, _, word = figure.partition(".")
    found = one[kind][word] if word else {**one["Today"], "Waiting": one["Waiting"]}[kind]
    assert isinstance(found, int)
    return found


async def test_behind_each_figure_there_are_as_many_contacts_as_it_says() -> None:
    async with playing() as stage:
        busy_morning(stage)
        for number in range(3):
            letter(stage, number)
        live = await stage.told(LIVE, by="")
        for figure in Figure:
            listed = await stage.told("/v1/contacts", figure=figure.value)
            assert len(listed["Contacts"]) == number_of(live, figure), figure
        assert live["Groups"][0]["Conversations"]["Backlog"] == 3
        assert live["Groups"][0]["Conversations"]["Due"] == 3
        assert live["Groups"][0]["Conversations"]["NextDueUtc"] == "2026-09-21T18:16:15Z"


async def test_what_is_due_is_overdue_in_time_and_due_no_more_when_it_is_answered() -> None:
    async with playing() as stage:
        bob = stage.play.agent("bob", "102")
        letter(stage, 1)
        conversation = next(iter(stage.play.state.messages.conversations.values()))
        bob.says("CS_CONVERSATION_ANSWER", ConversationId=conversation.id)
        (one,) = (await stage.told(LIVE, project="Support"))["Groups"]
        counts = one["Conversations"]
        assert (counts["Answered"], counts["Due"], counts["Overdue"]) == (1, 1, 0)
        stage.play.wait(4 * 3_600 + 1)
        (one,) = (await stage.told(LIVE, project="Support"))["Groups"]
        assert one["Conversations"]["Overdue"] == 1
        (late,) = (await stage.told("/v1/contacts", figure="Conversations.Overdue"))["Contacts"]
        assert (late["ConversationId"], late["ChatId"]) == (conversation.id, None)
        bob.says(
            "CS_MESSAGE_SEND",
            Peer=None,
            ConversationId=conversation.id,
            RequestId="r1",
            BodyText="They do.",
        )
        (one,) = (await stage.told(LIVE, project="Support"))["Groups"]
        counts = one["Conversations"]
        assert (counts["Answered"], counts["Due"], counts["Overdue"]) == (1, 0, 0)


async def test_contacts_come_in_pages() -> None:
    """A page goes on behind the last one, whatever came meanwhile."""
    async with playing() as stage:
        busy_morning(stage)
        found: list[str] = []
        cursor: dict[str, str] = {}
        for number in range(6):
            page = await stage.told("/v1/contacts", figure="Offered", limit=2, **cursor)
            found += [one["ChatId"] for one in page["Contacts"]]
            if page["Cursor"] is None:
                break
            cursor = {"cursor": page["Cursor"]}
            if number == 0:
                stage.start("t5", ExtResponse="expert")
        assert found == [stage.chats[name] for name in ("t1", "t2", "t3", "t4", "t5")]
        one = (await stage.told("/v1/contacts", figure="Handled"))["Contacts"][0]
        assert (one["WaitSeconds"], one["HandleSeconds"], one["Status"]) == (4.0, 90.0, "Closed")
        assert [agent["Name"] for agent in one["Agents"]] == ["Alice Novak"]
        assert (one["QueuedUtc"], one["AnsweredUtc"], one["CloseReason"]) == (
            *("2026-09-21T14:13:30Z", "2026-09-21T14:13:34Z"),
            "Agent",
        )


async def test_intervals_of_the_day() -> None:
    """By the clocks of the zone; the contacts of one can be listed."""
    async with playing() as stage:
        busy_morning(stage)
        stage.play.wait(300)
        found = await stage.told("/v1/intervals", by="", minutes=15)
        first, second = found["Intervals"]
        times = ("2026-09-21T14:00:00Z", "2026-09-21T14:15:00Z")
        assert (first["FromUtc"], first["ToUtc"]) == times
        assert (first["Contacts"]["Offered"], first["Contacts"]["Answered"]) == (1, 1)
        assert (second["Contacts"]["Offered"], second["Contacts"]["Answered"]) == (3, 1)
        # Alice has a chat for 86 of her first 100 s, and for 334 of the other 375.
        assert [one["OccupancyPercent"] for one in found["Occupancy"]] == [86.0, 89.07]
        assert [one["LoggedInSeconds"] for one in found["Occupancy"]] == [200.0, 750.0]


async def test_the_contacts_of_an_interval() -> None:
    async with playing() as stage:
        busy_morning(stage)
        by_half = (await stage.told("/v1/intervals", by="", minutes=30, day=DAY))["Intervals"]
        assert [one["Contacts"]["Offered"] for one in by_half] == [4]
        for minutes, wanted in ((15, ["t1"]), (30, ["t1", "t2", "t3", "t4"])):
            begin = f"{DAY}T14:00:00Z"
            listed = await stage.told(
                "/v1/contacts", figure="Offered", from_=begin, minutes=minutes
            )
            names = [stage.chats[name] for name in wanted]
            assert [one["ChatId"] for one in listed["Contacts"]] == names
        empty = await stage.told("/v1/intervals", day="2026-09-20")
        assert (empty["Intervals"], empty["Occupancy"]) == ([], [])


async def test_a_transcript() -> None:
    async with playing() as stage:
        busy_morning(stage)
        path = f"/v1/chats/{stage.chats['t3']}/transcript"
        said = await stage.told(path)
        assert [(one["Text"], one["IsOutbound"]) for one in said["Sentences"]] == [
            ("Are you there?", False),
            ("Yes.", True),
        ]
        assert said["Sentences"][1]["Agent"]["Name"] == "Alice Novak"
        assert (said["Status"], said["Project"]["Name"]) == ("Answered", "Support")
        first = await stage.told(path, limit=1)
        assert (len(first["Sentences"]), first["Cursor"]) == (1, 1)
        rest = await stage.told(path, limit=1, after=1)
        assert ([one["Text"] for one in rest["Sentences"]], rest["Cursor"]) == (["Yes."], None)


async def test_what_has_not_changed_is_not_sent_again() -> None:
    async with playing() as stage:
        busy_morning(stage)
        await stage.look()
        for path in (LIVE, "/v1/intervals"):
            first = await stage.ask(path)
            headers = {
                "Authorization": "Bearer boss-secret",
                "If-None-Match": first.headers["etag"],
            }
            again = await stage.http.get(path, headers=headers)
            assert (again.status_code, again.content) == (304, b"")
        headers["If-None-Match"] = (await stage.ask(LIVE)).headers["etag"]
        stage.play.wait(0.5)
        await stage.look()
        assert (await stage.http.get(LIVE, headers=headers)).status_code == 304
        stage.start("t9", ExtResponse="expert")
        await stage.look()
        assert (await stage.http.get(LIVE, headers=headers)).status_code == 200


async def test_every_answer_is_as_described() -> None:
    """The description has every operation, and what is answered fits its schema."""
    async with playing() as stage:
        busy_morning(stage)
        letter(stage, 1)
        await stage.look()
        description = (await stage.ask("/openapi.json", None)).json()
        assert description["openapi"] == "3.1.0"
        assert set(description["paths"]) == {one.path for one in OPERATIONS}
        queries: dict[str, dict[str, Any]] = {"/v1/contacts": {"figure": "Offered"}}
        for operation in OPERATIONS:
            if operation.kind != "application/json":
                continue
            responses = description["paths"][operation.path]["get"]["responses"]
            path = operation.path.replace("{ChatId}", stage.chats["t3"])
            good = await stage.ask(path, **queries.get(path, {}))
            bad = await stage.ask(path, colour="red")
            for response, kind in ((good, "application/json"), (bad, "application/problem+json")):
                schema = responses[str(response.status_code)]["content"][kind]["schema"]
                whole = {**schema, "components": description["components"]}
                Draft202012Validator(whole).validate(response.json())


async def test_how_it_is_doing() -> None:
    """Nobody is shown figures that are too old, or of a store that cannot be read."""
    async with playing() as stage:
        assert (await stage.ask("/healthz", None)).text == "healthy"
        assert (await stage.ask("/readyz", None)).status_code == 503
        assert (await stage.ask(LIVE)).json()["code"] == "Overloaded"
        await stage.look()
        assert (await stage.ask("/readyz", None)).text == "ready"
        stage.session.is_away = True
        stage.play.wait(2)
        await stage.look()
        assert (await stage.ask(LIVE)).status_code == 200
        stage.play.wait(0.001)
        for path in ("/readyz", LIVE):
            response = await stage.ask(path)
            assert response.status_code == 503
            assert "the disk is gone" in response.text
        assert (await stage.ask(LIVE)).headers["retry-after"] == "2"
        metrics = (await stage.ask("/metrics", None)).text
        assert "parley_figures_failures_total 1.0" in metrics
        assert 'parley_figures_requests_total{path="/v1/live",status="503"} 3.0' in metrics
        stage.session.is_away = False
        await stage.look()
        assert (await stage.ask("/readyz", None)).text == "ready"


async def test_a_store_that_goes_away_while_a_transcript_is_asked_for() -> None:
    async with playing() as stage:
        busy_morning(stage)
        await stage.look()
        stage.session.is_away = True
        response = await stage.ask(f"/v1/chats/{stage.chats['t3']}/transcript")
        assert (response.status_code, response.json()["code"]) == (503, "Overloaded")
        assert "disk" not in response.text
