"""Login at the desk by an identity provider, on real HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support.desk_process import DeskInstallation, Page, desk_installed
from tests.support.identity_provider import CLIENT, SECRET, Provider, identity_provider

SETTINGS = """
origins = ["http://127.0.0.1:{port}"]
[desk.oidc]
issuer = "%s"
client_id = "%s"
client_secret = "%s"
label = "The company"
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with identity_provider() as found:
        yield found


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider
) -> Iterator[DeskInstallation]:
    folder: Path = tmp_path_factory.mktemp("desk")
    with desk_installed(folder, desk=SETTINGS % (provider.base, CLIENT, SECRET)) as found:
        yield found


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    provider.subject, provider.claims, provider.forged = "248289761001", {}, False
    provider.returned = {}


def sent(browser: httpx2.Client) -> str:
    """Where the provider sends a browser back to."""
    there = browser.get("/api/oidc/start")
    assert there.status_code == 302
    with httpx2.Client() as elsewhere:
        return str(elsewhere.get(there.headers["location"]).headers["location"])


def is_logged_in(browser: httpx2.Client) -> bool:
    return bool(browser.get("/api/session").json()["LoggedIn"])


def test_who_comes_back_is_the_agent_with_that_subject(desk: DeskInstallation) -> None:
    browser = desk.browser()
    assert browser.get("/api/session").json() == {"LoggedIn": False, "Oidc": "The company"}
    home = browser.get(sent(browser))
    assert (home.status_code, home.headers["location"]) == (303, "/")
    told = browser.get("/api/session").json()
    assert (told["LoggedIn"], told["AgentName"], told["AgentRole"]) == (True, "Dora", "supervisor")
    assert Page(desk, browser).answer[1]["AgentName"] == "Dora"


def test_what_is_asked_for_has_a_challenge_a_nonce_and_a_state(desk: DeskInstallation) -> None:
    there = desk.browser().get("/api/oidc/start")
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len({asked[name][0] for name in ("state", "nonce", "code_challenge")}) == 3
    assert "SameSite=lax" in there.headers["set-cookie"]
    assert "HttpOnly" in there.headers["set-cookie"]


WRONG: dict[str, Callable[[Provider], object]] = {
    "another subject": lambda provider: setattr(provider, "subject", "nobody"),
    "another key": lambda provider: setattr(provider, "forged", True),
    "for somebody else": lambda provider: provider.claims.update(aud="another"),
    "by somebody else": lambda provider: provider.claims.update(iss="https://evil.example"),
    "too old": lambda provider: provider.claims.update(exp=1),
    "another nonce": lambda provider: provider.claims.update(nonce="another"),
    "a mix-up": lambda provider: provider.returned.update(iss="https://evil.example"),
    "another code": lambda provider: provider.returned.update(code="another"),
    "another state": lambda provider: provider.returned.update(state="another"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_believed_logs_nobody_in(
    desk: DeskInstallation, provider: Provider, name: str
) -> None:
    WRONG[name](provider)
    browser = desk.browser()
    home = browser.get(sent(browser))
    assert (home.status_code, home.headers["location"]) == (303, "/?refused=oidc")
    assert not is_logged_in(browser)


def test_a_way_back_is_for_the_browser_that_began_and_good_once(desk: DeskInstallation) -> None:
    mine, foreign = desk.browser(), desk.browser()
    back = sent(mine)
    assert foreign.get(back).headers["location"] == "/?refused=oidc"
    assert not is_logged_in(foreign)
    back = sent(mine)
    assert mine.get(back).headers["location"] == "/"
    assert desk.browser().get(back).headers["location"] == "/?refused=oidc"


def test_a_new_login_is_another_session(desk: DeskInstallation) -> None:
    browser = desk.browser()
    tokens: list[Any] = []
    for _ in range(2):
        browser.get(sent(browser))
        tokens.append(browser.cookies["parley-desk"])
    assert tokens[0] != tokens[1]
    old = desk.browser()
    old.cookies.set("parley-desk", tokens[0])
    assert not is_logged_in(old)
