"""`GET /api/AgentImage/{agentid}`."""

from pathlib import Path

import anyio

from tests.support.web_stage import WebStage, answering, happens, play


def test_a_picture_is_that_of_the_own_agent(tmp_path: Path) -> None:
    async def scenario(stage: WebStage) -> None:
        async with stage.alice() as agent, anyio.create_task_group() as tasks:
            tasks.start_soon(answering, agent, [])
            browser = await stage.chatting()
            await happens(lambda: any(chat.view.status == "Answered" for chat in agent.chats()))
            chat = (await browser.get("/api/Chat/WebChat")).json()
            picture = f"/api/AgentImage/{chat['AgentId']}?width=40&height=40"
            theirs = await browser.get(picture)
            assert theirs.headers["content-type"] == "image/png"
            stranger = await stage.browser().get(picture)
            assert stranger.content != theirs.content
            assert "set-cookie" not in stranger.headers
            assert (await browser.get(f"{picture}000")).status_code == 422
            tasks.cancel_scope.cancel()

    play(scenario, tmp_path)
