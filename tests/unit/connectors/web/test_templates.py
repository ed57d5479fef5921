"""What a template may have, and where it is wrong."""

import re
from pathlib import Path

import pytest

from connectors.web.content import Content, faults
from connectors.web.templates import PARTS, flaws

DOCS = (Path(__file__).parents[4] / "docs" / "website.md").read_text(encoding="utf-8")

KNOWN = frozenset({"chat_title", "motto"})
GOOD = """\
<!-- of the shop -->
<style>
  .motto { color: var(--muted) }
</style>
<header data-part="header"><svg viewBox="0 0 24 24"><path d="M1 1"/></svg> {chat_title}</header>
<div data-part="greeting">
  <p class="motto" title="{motto}">{motto} &amp; {state}<br>
  <a href="https://shop.example/faq">Questions</a> <a href="{motto}">More</a></p>
</div>
<article data-part="transcript">
  <h2>{visitor}, {agent}: {begun}</h2>
  <p data-each="line"><b>{name}</b> {time}: {text} {files}</p>
</article>
<section data-part="form"><div data-slot="form"></div></section>
<section data-part="confirmation"><p>{response}</p></section>
"""


def test_a_good_one_has_no_flaws() -> None:
    assert flaws(GOOD, KNOWN) == []
    assert flaws("", KNOWN) == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('<p data-part="header">\n<script>x</script>', 2, "<script> is not among the elements"),
        ('<p data-part="header">\n<img src="x">', 2, "<img> is not among the elements"),
        ('<p data-part="header">\n<b onclick="x">', 2, "onclick is not among the attributes"),
        ('<p data-part="header">\n<b style="x">', 2, "style is not among the attributes"),
        ('<p data-part="header">\n<b id="x">', 2, "id is not among the attributes"),
        ('<p data-part="header" href="https://a.example">', 1, "href is not among the attributes"),
        ('<p data-part="header">\n<a href="javascript:x">', 2, "href leads nowhere"),
        ('<p data-part="header">\n<a href="/faq">', 2, "href leads nowhere"),
        ('<p data-part="header">one\n\n{nobody} {motto}</p>', 3, "{nobody} is no value"),
        ('<p data-part="header">\n<b title="{text}">', 2, "{text} is no value"),
        ('<p data-part="header">\n<b>\nx</p>', 2, "<b> is not closed"),
        ('<p data-part="header">\n<b>\nx</p>', 3, "</p> closes nothing that is open"),
        ('\n<p data-part="nothing"></p>', 2, "there is no part nothing, only header"),
        ('<p data-part="header"></p>\n<p data-part="header"></p>', 2, "is there twice"),
        ('<p data-part="header">\n<b data-part="footer"></b></p>', 2, "at the top"),
        ("\n<p>x</p>", 2, "it needs data-part"),
        ("\n\nx", 3, "text stands outside of all parts"),
        ("\n<!doctype html>", 2, "<!doctype html> has no place"),
        ("\n<?php x ?>", 2, "has no place"),
        ('<p data-part="header">\n<style>b {}</style></p>', 2, "<style> stands once"),
        ("<style>b {}</style>\n<style>i {}</style>", 2, "<style> stands once"),
        ("<style>\nb { background: URL(x) }</style>", 2, "nothing is fetched"),
        ("<style>\n@import 'x';</style>", 2, "nothing is fetched"),
        ("<style>\nb { background: u\\72l(x) }</style>", 2, "nothing is fetched"),
        ('\n<p data-part="form"></p>', 2, 'needs an element with data-slot="form"'),
        ('\n<p data-part="transcript"></p>', 2, 'needs an element with data-each="line"'),
        ('<p data-part="header">\n<b data-slot="form"></b></p>', 2, "data-slot=form means nothing"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    assert [flaw for flaw in flaws(text, KNOWN) if flaw.line == line and says in flaw.text]


def test_values_of_a_line_are_there_inside_of_it_alone() -> None:
    text = '<div data-part="transcript">{text}<p data-each="line">{text}</p></div>'
    assert [flaw.text for flaw in flaws(text, KNOWN)] == ["{text} is no value, text or setting"]


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_lines() -> None:
    text = '<p data-part="header">\n<script>\n{x}</script>\n<b style="">{nobody}</b></p>'
    assert [flaw.line for flaw in flaws(text, KNOWN)] == [2, 3, 4, 4]


def test_values_of_parts_do_not_hide_texts() -> None:
    from connectors.web.literals import ours

    own = {name for part in PARTS.values() for name in part.values}
    own |= {name for part in PARTS.values() for names in part.each.values() for name in names}
    assert own & ours()["en"].keys() == set()


def test_the_example_of_the_documentation_is_good(tmp_path: Path) -> None:
    found = re.findall(r"`content/(\S+)`:\n\n```\w+\n(.*?)```", DOCS, re.DOTALL)
    assert [name for name, _ in found] == ["WebChat.json", "WebChat.html"]
    for name, text in found:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(faults(tmp_path)) == []
    content = Content(tmp_path)
    template = content.template("WebChat", None)
    assert template is not None
    assert "{motto}" in template
    assert (content.settings("WebChat", None) or {})["motto"] == "Light for everybody"


def test_the_documentation_has_the_parts_and_their_values() -> None:
    table = DOCS[DOCS.index("| part |") :].split("\n\n")[0].splitlines()[2:]
    told = {}
    for row in table:
        name, _, values, needs = row.strip().strip("|").split("|")
        told[name.strip("` ")] = (
            set(re.findall(r"`(\w+)`", values)),
            set(re.findall(r"`(data-[^`]+)`", needs)),
        )
    for name, part in PARTS.items():
        named, needed = told.pop(name)
        assert named == set(part.values).union(*part.each.values())
        slots = {f'data-slot="{slot}"' for slot in part.slots}
        assert needed == slots | {f'data-each="{each}"' for each in part.each}
    assert told == {}
