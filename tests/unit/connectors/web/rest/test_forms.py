"""Forms by JSON over HTTP."""

from pathlib import Path
from typing import Any

from protocol.identifiers import derive
from tests.support.web_stage import WebStage, play

FORM = derive("scenario", "Before the chat")


async def control(stage: WebStage) -> tuple[Any, str]:
    browser = await stage.known()
    model = (await browser.get(f"/api/Scenario/{FORM}?Culture=en-GB")).json()
    assert (model["DisplayName"], model["Culture"]) == ("Before we begin", "en")
    return browser, model["Controls"][0]["ControlId"]


def filled(control_id: str, **more: Any) -> dict[str, Any]:
    values = [{"ControlId": control_id, "ResultText": "lamps"}]
    return {"ScenarioId": FORM, "Values": values, **more}


def test_a_form_comes_with_the_start(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser, control_id = await control(stage)
        answer = await browser.post("/api/Chat/WebChat", json=filled(control_id))
        assert answer.status_code == 200
        wrong = filled("11111111-1111-4111-8111-111111111111")
        other = await stage.known()
        refused = await other.post("/api/Chat/WebChat", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "BadPayload")

    play(scenario, tmp_path)


def test_a_form_of_a_page_is_saved_once(tmp_path: Path) -> None:
    """WebForm."""

    async def scenario(stage: WebStage) -> None:
        browser, control_id = await control(stage)
        rule = (await browser.get("/api/Routing/WebForm")).json()
        assert rule["Scenario"]["ScenarioId"] == FORM
        key = "22222222-2222-4222-8222-222222222222"
        form = filled(control_id, ResultId=key, WebSiteRoutingId=rule["WebSiteRoutingId"])
        saved = await browser.post("/api/Scenario", json=form)
        assert saved.json() == {"Id": key, "Text": "Thank you."}
        assert (await browser.post("/api/Scenario", json=form)).json() == saved.json()

    play(scenario, tmp_path)


def test_a_choice_goes_back_as_it_came(tmp_path: Path) -> None:
    """One without a number is shown with 0, as ParameterModel has it."""

    async def scenario(stage: WebStage) -> None:
        browser = await stage.known()
        model = (await browser.get(f"/api/Scenario/{FORM}")).json()
        (screen,) = model["Screens"]
        assert (screen["DisplayName"], screen["FinishButton"]) == ("About you", True)
        assert screen["Rank"] == model["Controls"][0]["ScreenRank"]
        colour = model["Controls"][1]
        (red,) = colour["Parameters"]
        value = {"ControlId": colour["ControlId"], "ResultText": red["DisplayName"]}
        value["ResultNumber"] = red["ResultNumber"]
        form = {"ScenarioId": FORM, "Values": [value]}
        assert (await browser.post("/api/Scenario", json=form)).status_code == 200

    play(scenario, tmp_path)


def test_what_is_no_form(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        browser, control_id = await control(stage)
        nothing = "11111111-1111-4111-8111-111111111111"
        cases = [
            (await browser.get("/api/Scenario/x"), 422, "BadPayload"),
            (await browser.get(f"/api/Scenario/{nothing}"), 404, "UnknownScenario"),
            (await browser.post("/api/Scenario", json={}), 422, "BadPayload"),
            (
                await browser.post(
                    "/api/Scenario", json={**filled(control_id), "ScenarioId": nothing}
                ),
                404,
                "UnknownScenario",
            ),
        ]
        for answer, status, code in cases:
            assert (answer.status_code, answer.json()["code"]) == (status, code)

    play(scenario, tmp_path)
