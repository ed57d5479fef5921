"""The widget on a page: chats, forms, keys, and what is kept."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.agent_beside import AgentBeside
from tests.support.pages import choose, lines, opened, shown, write
from tests.support.web_program import WebProgram

pytestmark = [pytest.mark.slow, pytest.mark.requires("chromium", "ui")]
HOSTILE = (
    "<img src=x onerror=window.hit=1>",
    "<script>window.hit=1</script>",
    "javascript:window.hit=1",
    '"><svg onload=window.hit=1>',
    "{{constructor.constructor('window.hit=1')()}}",
    "https://x.example/'onmouseover='window.hit=1",
)


def test_a_chat_both_ways_with_marks(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Good morning")
    alice.hears("Good morning")
    expect(page.locator("[data-state=delivered]")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("You talk with Alice.")
    alice.types()
    expect(page.get_by_text("Alice is typing")).to_be_visible()
    alice.says("Hello!")
    expect(page.get_by_text("Hello!")).to_be_visible()
    expect(page.get_by_text("Alice is typing")).to_be_hidden()
    alice.waits(lambda: alice.confirmed == ["Hello!"])
    assert lines(page) == ["Good morning", "Hello!"]
    page.get_by_label("Write a message").press_sequentially("I ty")
    alice.waits(lambda: len(alice.typing) == 1)


def test_text_is_text(page: Page, alice: AgentBeside) -> None:
    opened(page)
    for text in HOSTILE:
        write(page, text)
    alice.hears(*HOSTILE)
    for text in HOSTILE:
        alice.says(text)
    expect(page.locator(".line")).to_have_count(2 * len(HOSTILE))
    assert sorted(lines(page)) == sorted(HOSTILE * 2)
    assert page.evaluate("window.hit") is None
    hrefs = page.locator(".text a").evaluate_all("all => all.map((a) => a.href)")
    assert hrefs == ["https://x.example/"] * 2
    assert page.locator(".text img, .text script, .text svg").count() == 0


def test_the_focus_moves_in_and_back(page: Page, alice: AgentBeside) -> None:
    """Whatever way it is closed, and by keys alone."""
    focused = "document.activeElement.shadowRoot?.activeElement?.className ?? ''"
    expect(page.locator(".launch")).to_be_visible()
    for _ in range(page.locator("a, [tabindex='0']").count() + 1):  # what the shop has comes first
        page.keyboard.press("Tab")
    assert page.evaluate(focused) == "launch"
    page.keyboard.press("Enter")
    expect(page.get_by_label("Write a message")).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("alone")
    page.keyboard.press("Enter")
    alice.hears("By keys\nalone")
    expect(page.get_by_label("Write a message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(focused) == "launch"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close the chat").click()
    assert page.evaluate(focused) == "launch"
    page.keyboard.press("Enter")
    expect(page.get_by_label("Write a message")).to_be_focused()
    outside = []
    for _ in range(8):  # nobody is trapped
        page.keyboard.press("Tab")
        outside.append(page.evaluate("document.activeElement.shadowRoot === null"))
    assert any(outside)
    choose(page, "End the conversation", "Yes, end it")
    expect(page.get_by_role("button", name="Start a new conversation")).to_be_visible()
    expect(page.get_by_role("button", name="More")).to_be_focused()


def test_what_is_new_is_counted_until_it_is_seen(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    page.keyboard.press("Escape")
    alice.says("one")
    alice.says("two")
    launcher = page.locator(".launch")
    expect(launcher.locator(".count")).to_have_text("2")
    expect(launcher).to_have_accessible_name(re.compile("2 new$"))
    expect(page).to_have_title("(2) The lamp shop")
    page.reload()
    expect(launcher.locator(".count")).to_have_text("2")
    assert alice.confirmed == []
    launcher.click()
    expect(page.get_by_text("two")).to_be_visible()
    alice.waits(lambda: alice.confirmed == ["one", "two"])
    expect(page).to_have_title("The lamp shop")
    page.reload()
    expect(page.get_by_text("two")).to_be_visible()  # it was open, and is again


def test_a_second_tab_has_the_same_chat(
    page: Page, visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    opened(page)
    write(page, "from the first")
    alice.hears("from the first")
    second = visitor.new_page()
    second.goto(program.url)
    expect(second.get_by_text("from the first")).to_be_visible()
    write(second, "from the second")
    alice.hears("from the first", "from the second")
    expect(page.get_by_text("from the second")).to_be_visible()
    assert lines(page) == lines(second)
    assert len(alice.chats) == 1


@pytest.mark.parametrize(
    ("asked", "field", "button", "language", "way"),
    [
        ("de-AT", "Nachricht schreiben", "Abschicken", "de-AT", "ltr"),
        ("ar", "اكتب رسالة", "إرسال", "ar", "rtl"),
        ("fa", "Write a message", "Send", "en", "ltr"),
    ],
)
def test_it_speaks_the_language_of_the_page(
    visitor: BrowserContext,
    program: WebProgram,
    alice: AgentBeside,
    asked: str,
    field: str,
    button: str,
    language: str,
    way: str,
) -> None:
    """The site's words where it has them in that language, ours else; of none that we have, English."""
    page = visitor.new_page()
    shown(
        page, program, f'<script src="widget.js" data-site="shop" data-culture="{asked}"></script>'
    )
    page.locator(".launch").click()
    expect(page.get_by_label(field)).to_be_focused()
    expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_attribute("lang", language)
    expect(dialog).to_have_attribute("dir", way)


def test_an_unfinished_line_is_kept(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    page.get_by_label("Write a message").fill("half a li")
    page.reload()
    expect(page.get_by_label("Write a message")).to_have_value("half a li")


def test_a_conversation_ends_and_another_begins(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    alice.hangs_up()
    expect(page.get_by_role("status")).to_have_text("This conversation has ended.")
    page.reload()
    page.get_by_role("button", name="Talk to us").click()
    expect(page.get_by_text("Hi", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start a new conversation").click()
    write(page, "Again")
    alice.waits(lambda: alice.heard == ["Hi", "Again"])
    expect(page.get_by_role("status")).to_have_text("You talk with Alice.")
    assert lines(page) == ["Hi", "Again"]  # the broker took it up where it had ended


def test_every_kind_of_control(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    """W-47: what a form has, on screens that depend on each other."""
    page = visitor.new_page()
    shown(page, program, '<script src="widget.js" data-site="desk"></script>')
    opened(page)
    expect(page.get_by_text("We are glad that you are here.")).to_be_visible()
    page.get_by_role("button", name="Begin the chat").click()
    expect(page.get_by_role("alert")).to_have_text("Please fill in: Topic")
    page.get_by_label("Topic").select_option("To buy")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Pieces").fill("1001")
    page.get_by_role("button", name="Begin the chat").click()
    expect(page.get_by_role("alert")).to_have_text("Pieces: at most 1000")
    page.get_by_label("Pieces").fill("7")
    page.get_by_label("Quick").check()
    page.get_by_label("A ribbon").check()
    page.get_by_label("A card").check()
    page.get_by_label("Day").fill("2026-12-24")
    page.get_by_label("Hour").fill("14:30")
    page.get_by_label("Moment").fill("2026-12-24T14:30")
    page.get_by_label("Details").fill("Thanks")
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Pieces")).to_have_value("7")
    page.get_by_role("button", name="Begin the chat").click()
    alice.waits(lambda: len(alice.chats) == 1)
    expect(page.get_by_label("Write a message")).to_be_focused()


def test_files_go_both_ways(page: Page, alice: AgentBeside, tmp_path: Path) -> None:
    """B-61: in pieces, seen where they are pictures, saved as they were."""
    opened(page)
    large = bytes(range(256)) * 2_400  # more than two pieces
    page.get_by_label("Attach a file").set_input_files(
        {"name": "plan.bin", "mimeType": "application/octet-stream", "buffer": large}
    )
    alice.hears("plan.bin")
    expect(page.locator("[data-state=delivered]")).to_have_count(1)
    (file,) = alice.files
    assert file.blob_id is not None
    assert alice.fetches(file.blob_id) == large
    picture = BytesIO()
    Image.new("RGB", (400, 200), "red").save(picture, "PNG")
    alice.brings("lamp.png", "image/png", picture.getvalue())
    drawn = page.get_by_role("img", name="lamp.png")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("it => [it.width, it.height]") == [240, 120]
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save lamp.png").click()
    saving.value.save_as(tmp_path / "saved.png")
    assert saving.value.suggested_filename == "lamp.png"
    assert (tmp_path / "saved.png").read_bytes() == picture.getvalue()


def test_a_picture_that_is_none_is_a_name_and_nothing_else(page: Page, alice: AgentBeside) -> None:
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    alice.brings(
        "x.svg", "image/svg+xml", b"<svg onload='window.hit=1' xmlns='http://www.w3.org/2000/svg'/>"
    )
    alice.brings("<b>y</b>.png", "image/png", b"<script>window.hit=1</script>")
    expect(page.get_by_role("button", name="Save <b>y</b>.png")).to_be_visible()
    assert page.evaluate("window.hit") is None
    assert page.locator(".line canvas:visible").count() == 0


def test_emoji_go_where_the_line_is_written(page: Page, alice: AgentBeside) -> None:
    opened(page)
    page.get_by_label("Write a message").fill("Thanks ")
    page.get_by_role("button", name="Insert an emoji").click()
    expect(page.get_by_role("button", name="😀")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Insert an emoji")).to_be_hidden()
    expect(page.get_by_role("button", name="Insert an emoji")).to_be_focused()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Insert an emoji").click()
    page.get_by_role("button", name="👍").click()
    expect(page.get_by_label("Write a message")).to_be_focused()
    page.keyboard.press("Enter")
    alice.hears("Thanks 👍")


def test_who_waits_is_told_their_place_and_offered_a_form(
    visitor: BrowserContext, program: WebProgram
) -> None:
    """B-26, B-41: notes of the system stand between the lines, and a form among them."""
    page = visitor.new_page()
    shown(page, program, '<script src="widget.js" data-site="queue"></script>')
    opened(page)
    expect(page.get_by_role("status")).to_contain_text("All of us are busy just now.")
    write(page, "Is anybody there?")
    expect(page.locator("[data-state=stored]")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("Please wait a moment")
    expect(page.locator(".note")).to_have_text("You are number 1.")
    form = page.get_by_role("log").locator("form")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("alert")).to_have_text("Please fill in: How do you like it?")
    form.get_by_label("Well").check()
    form.get_by_role("button", name="Send").click()
    expect(form).to_have_count(0)
    page.reload()
    expect(page.locator(".note")).to_have_text("You are number 1.")
    expect(form).to_have_count(0)
    write(page, "I go")
    choose(page, "End the conversation", "Yes, end it")
    expect(page.get_by_role("status")).to_have_text("This conversation has ended.")
    assert lines(page) == ["Is anybody there?", "You are number 1.", "I go"]


def test_a_chat_that_nobody_may_begin_says_so(visitor: BrowserContext, program: WebProgram) -> None:
    page = visitor.new_page()
    shown(page, program, '<script src="widget.js" data-site="empty"></script>')
    launcher = page.locator(".launch")
    expect(launcher).to_have_accessible_name(re.compile("Nobody is here at the moment"))
    launcher.click()
    expect(page.get_by_role("status")).to_have_text("Nobody is here at the moment.")
    assert page.get_by_label("Write a message").count() == 0


def test_help_is_offered_once_and_a_no_is_kept(
    visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    assert alice.heard == []
    page = visitor.new_page()
    shown(page, program, '<script src="widget.js" data-site="desk"></script>')
    offer = page.get_by_text("Can we help you?")
    expect(offer).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")  # nobody is interrupted
    expect(offer).to_be_hidden()  # nor for long
    page.reload()
    page.get_by_role("button", name="Yes, please").click()
    expect(page.get_by_label("Topic")).to_be_focused()
    expect(offer).to_be_hidden()
    page.keyboard.press("Escape")
    page.reload()
    page.get_by_role("button", name="No, thank you").click()
    expect(offer).to_be_hidden()
    page.evaluate("window.Parley.on('invited', () => { window.again = true; })")
    with page.expect_response(lambda answer: answer.url.endswith("chat.js")):
        page.reload()
    expect(page.locator(".panel")).to_have_count(1)
    assert page.get_by_text("Can we help you?").count() == 0


def test_a_sound_is_made_in_one_tab_for_who_does_not_look(
    page: Page, visitor: BrowserContext, program: WebProgram, alice: AgentBeside
) -> None:
    visitor.add_init_script(
        """window.rung = 0; const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function () { window.rung += 1; return start.call(this); };"""
    )
    page.reload()
    opened(page)
    write(page, "Hi")
    alice.hears("Hi")
    alice.says("I see you")
    expect(page.get_by_text("I see you")).to_be_visible()
    assert page.evaluate("rung") == 0
    second = visitor.new_page()
    second.goto(program.url)
    second.keyboard.press("Escape")
    for one in (page, second):
        one.get_by_role("button", name="Close the chat").click()
    alice.says("Are you there?")
    for one in (page, second):
        expect(one.locator(".count")).to_have_text("1")
    assert page.evaluate("rung") + second.evaluate("rung") == 1
