"""The desk in a browser: logins and their refusals, a chat with the widget, takeover, a reload."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from broker.config.totp import code_at, step_at
from tests.support.desk_process import PASSWORD, TOTP, DeskInstallation, desk_installed, hashed
from tests.support.pages import lines, opened, write

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskInstallation]:
    with desk_installed(tmp_path, shop=True) as found:
        yield found


@contextmanager
def page_of(browser: Browser, url: str) -> Iterator[Page]:
    """A page of a browser of its own, in which nothing may go wrong unseen."""
    faults: list[str] = []
    with browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800}) as context:
        context.set_default_timeout(45_000)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security" in said.text else None,
        )
        page.goto(url)
        yield page
        assert faults == []


def logs_in(page: Page, login: str = "anna", password: str = PASSWORD) -> None:
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def sits_down(page: Page, number: str = "201", state: str | None = None) -> None:
    page.get_by_label("Workplace").select_option(number)
    page.get_by_role("button", name="Sit down").click()
    expect(page.get_by_text(f"Workplace {number}")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("")
    if state is not None:
        page.get_by_label("State").select_option(label=state)


@contextmanager
def ready(browser: Browser, desk: DeskInstallation) -> Iterator[Page]:
    """A desk whose agent is ready."""
    with page_of(browser, f"{desk.base}/") as page:
        logs_in(page)
        sits_down(page, state="Ready")
        expect(page.get_by_text("Ready 0:")).to_be_visible()
        yield page


def test_a_login_is_refused_for_what_is_wrong_and_asks_for_a_code(
    browser: Browser, desk: DeskInstallation
) -> None:
    with page_of(browser, f"{desk.base}/") as page:
        logs_in(page, password="x")
        expect(page.get_by_role("alert")).to_have_text("Login, password or code are not right.")
        logs_in(page, "carl")
        code = page.get_by_label("Code of your second factor")
        code.fill("000000")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_have_text("Login, password or code are not right.")
        code.fill(code_at(TOTP, step_at(time.time()) + 1))
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Carl")).to_be_visible()
        assert page.evaluate("document.cookie") == ""


def test_who_guesses_is_told_how_long_to_wait(browser: Browser, desk: DeskInstallation) -> None:
    with page_of(browser, f"{desk.base}/") as page:
        for _ in range(4):
            with page.expect_response("**/api/login"):
                logs_in(page, password="x")
        expect(page.get_by_role("alert")).to_contain_text("Too many tries. Try again in")


def test_a_chat_both_ways_with_a_visitor_in_another_browser(
    browser: Browser, desk: DeskInstallation
) -> None:
    with ready(browser, desk) as page, page_of(browser, desk.shop) as shop:
        opened(shop)
        write(shop, "Good <b>morning</b>")
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("log")).to_contain_text("Good <b>morning</b>")
        assert page.locator("[role=log] b").count() == 0
        page.get_by_label("Write a line").fill("Hello!")
        page.keyboard.press("Enter")
        expect(shop.get_by_text("Hello!")).to_be_visible()
        expect(page.get_by_text("delivered")).to_be_visible()
        shop.get_by_label("Write a message").press_sequentially("I ty")
        expect(page.get_by_text("The visitor is typing.")).to_be_visible()
        page.reload()
        expect(page.get_by_role("navigation").get_by_role("button")).to_have_count(1)
        page.get_by_role("navigation").get_by_role("button").click()
        expect(page.get_by_role("log").get_by_text("Hello!")).to_be_visible()
        page.get_by_role("button", name="End the chat").click()
        expect(page.get_by_text("No chats.")).to_be_visible()
        assert lines(shop)[:2] == ["Good <b>morning</b>", "Hello!"]


def test_an_alert_is_rejected_and_rings_on_all_pages(
    browser: Browser, desk: DeskInstallation
) -> None:
    with ready(browser, desk) as page, page_of(browser, desk.shop) as shop:
        opened(shop)
        write(shop, "Hello?")
        expect(page.get_by_role("alertdialog")).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{desk.base}/")
        sits_down(other)
        expect(other.get_by_role("alertdialog")).to_be_visible()
        other.get_by_role("button", name="Reject").click()
        expect(page.get_by_role("alertdialog")).to_be_hidden()
        expect(other.get_by_role("alertdialog")).to_be_hidden()


def test_a_pause_has_a_reason_on_all_pages(browser: Browser, desk: DeskInstallation) -> None:
    with page_of(browser, f"{desk.base}/") as page:
        logs_in(page)
        sits_down(page, state="Lunch")
        expect(page.get_by_text("Pause: Lunch 0:")).to_be_visible()
        other = page.context.new_page()
        other.goto(f"{desk.base}/")
        sits_down(other)
        expect(other.get_by_text("Pause: Lunch 0:")).to_be_visible()


def test_another_desk_takes_over_and_says_so(browser: Browser, desk: DeskInstallation) -> None:
    with page_of(browser, f"{desk.base}/") as page, page_of(browser, f"{desk.base}/") as other:
        for one in (page, other):
            logs_in(one)
            sits_down(one)
        expect(page.get_by_text("Another desk took over.")).to_be_visible()
        expect(other.get_by_text("Workplace 201")).to_be_visible()


def test_an_agent_whom_a_reload_changes_is_out_at_once(
    browser: Browser, desk: DeskInstallation
) -> None:
    with page_of(browser, f"{desk.base}/") as page:
        logs_in(page)
        sits_down(page)
        desk.change(hashed(PASSWORD), hashed("another one"))
        expect(page.get_by_role("alert")).to_have_text("You are logged out.")
        logs_in(page)
        expect(page.get_by_role("alert")).to_have_text("Login, password or code are not right.")
        logs_in(page, password="another one")
        expect(page.get_by_role("heading", name="Anna")).to_be_visible()


def test_logging_off_and_logging_out_lead_to_the_login_page(
    browser: Browser, desk: DeskInstallation
) -> None:
    with page_of(browser, f"{desk.base}/") as page:
        for name in ("Log off after the last chat", "Log out now"):
            logs_in(page)
            sits_down(page)
            page.get_by_role("button", name=name).click()
            expect(page.get_by_role("alert")).to_have_text("You are logged out.")
            expect(page.get_by_label("Password")).to_be_visible()


def test_a_broker_that_goes_away_is_told_of_and_come_back_to(
    browser: Browser, tmp_path: Path
) -> None:
    with desk_installed(tmp_path) as desk, page_of(browser, f"{desk.base}/") as page:
        logs_in(page)
        sits_down(page)
        desk.broker.kill()
        expect(page.get_by_role("status").first).to_contain_text("No connection")
        desk.broker.start()
        expect(page.get_by_role("status").first).to_have_text("")
        page.get_by_label("State").select_option(label="Ready")
        expect(page.get_by_text("Ready 0:")).to_be_visible()
