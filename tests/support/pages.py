"""What a visitor does on a page with the widget."""

from playwright.sync_api import Page, expect

from tests.support.web_program import WebProgram


def opened(page: Page, name: str = "Talk to us") -> Page:
    """Open the chat."""
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def shown(page: Page, program: WebProgram, body: str, csp: str = "", path: str = "page") -> None:
    """Show a page of the web process's own origin that has this in it."""
    show_at(page, f"{program.url}{path}", body, csp)


def show_at(page: Page, url: str, body: str, csp: str = "") -> None:
    """Show a page at an address where nobody serves one."""
    html = f"<!doctype html><html lang=en><title>A page</title><body>{body}"
    headers = {"Content-Security-Policy": csp} if csp else {}
    page.route(
        f"{url}*",
        lambda route: route.fulfill(body=html, content_type="text/html", headers=headers),
    )
    page.goto(url)


def write(page: Page, text: str) -> None:
    """Say something."""
    page.get_by_label("Write a message").fill(text)
    page.keyboard.press("Enter")


def lines(page: Page) -> list[str]:
    """What the conversation shows, in order."""
    return page.locator(".line .text").all_inner_texts()


def choose(page: Page, *names: str) -> None:
    """Choose something in the menu."""
    for name in ("More", *names):
        page.get_by_role("button", name=name).click()
