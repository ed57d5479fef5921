"""`GET /api/Routing/{webapp}`: whether and how an application has a place on a page."""

import logging
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from attrs import evolve

from connectors.web import rates
from connectors.web.form_models import scenario_model
from connectors.web.literals import preferred
from connectors.web.models import RoutingModel, SignalModel, chat_model
from connectors.web.operations import (
    HTML_ENCODE,
    Answer,
    Call,
    Parameter,
    Who,
    operation,
)
from connectors.web.problems import Away, Problem
from connectors.web.routing import LONGEST, Page
from connectors.web.settings import WEB_CHAT
from connectors.web.visits import snapshot
from protocol.chat import ChatServiceInfo
from protocol.errors import ErrorCode
from protocol.limits import TEXT_LENGTHS
from protocol.register import WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo
from protocol.values import ChatStatus, Signal

_log = logging.getLogger(__name__)


async def routing(call: Call[None]) -> Answer:
    """What a page is to show; null: nothing."""
    visits, app = call.visits, call.get("webapp")
    link = visits.link
    if not link.rules.infos and not link.ready:
        raise Away
    culture = _culture(call)
    page = Page(
        app=app,
        url=call.get("PageUrl") or call.request.headers.get("referer", "")[:LONGEST],
        culture=culture,
        browser=call.request.headers.get("user-agent", ""),
        user_token=_user_token(call),
        address=call.address,
    )
    rule = link.rules.first(page) if app in visits.site.apps else None
    if rule is not None and rule.log_url:
        _log.info("%s: %s on %s", visits.name, app, shown_url(page.url))
    if rule is None or rule.block:
        return Answer()
    model = RoutingModel(
        target_element_id=rule.target_element_id,
        web_response=rule.web_response,
        party_name=call.visitor.identity.name if call.visitor.identity else None,
        solicitation_time_out=rule.solicitation_time_out,
        solicitation_duration=rule.solicitation_duration,
        honor_reject_period=rule.honor_reject_period,
        web_site_routing_id=rule.web_site_routing_id,
    )
    model = await _with_chat(call, model, rule, culture)
    if call.get("IncludeSettings"):
        content = visits.content
        languages = (rule.literal_culture, culture, visits.site.culture)
        model = evolve(
            model,
            html_template=content.template(app, rule.template),
            settings=content.settings(app, rule.template),
            literals=content.wordings.texts(link.literals, *languages),
        )
    return Answer(model=model)


def shown_url(url: str) -> str:
    """The address of a page for the log: without what may be secret in it, and on one line."""
    try:
        parts = urlsplit(url)
        bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "no address"
    return quote(bare, safe=":/[]%~")


async def signal(call: Call[None]) -> Answer:
    """Whether somebody is there; a browser that knows it is told so in few bytes."""
    app = call.get("webapp")
    if app not in call.visits.site.apps:
        raise Problem(ErrorCode.UNKNOWN_TYPE, "webapp: this site has none of that name")
    said, _ = await _signal(call, _culture(call))
    word = said.value if said is not None else None
    headers = {"ETag": f'"{word}"', "Cache-Control": "private, no-cache"}
    if headers["ETag"] in call.request.headers.get("if-none-match", ""):
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Answer(model=SignalModel(signal=word), headers=headers)


def _culture(call: Call[None]) -> str:
    """The visitor's language."""
    liked = preferred(call.request.headers.get("accept-language", ""))
    found: str = call.get("Culture") or liked or call.visits.site.culture
    return found


async def _signal(call: Call[None], culture: str) -> tuple[Signal | None, ScenarioInfo | None]:
    """What the broker says of a chat, and the form before it; of other applications that it is there."""
    if call.get("webapp") != WEB_CHAT:
        return (Signal.FREE if call.visits.link.ready else Signal.BUSY), None
    asked = ChatServiceInfo(
        preferred_culture=culture,
        user_token=call.get("UserToken"),
        ext_response=call.get("ExtResponse"),
    )
    said = await call.visits.signal(asked, call.visitor)
    return said.signal, said.scenario_model


def _user_token(call: Call[None]) -> str | None:
    identity = call.visitor.identity
    said: str | None = call.get("UserToken")
    return said if identity is None else identity.user


async def _with_chat(
    call: Call[None], model: RoutingModel, rule: WebSiteRoutingInfo, culture: str
) -> RoutingModel:
    """Put in the form, the signal and the chat that runs."""
    visits = call.visits
    said, form = await _signal(call, culture)
    if form is None and rule.scenario_id is not None:
        try:
            form = await visits.form(rule.scenario_id, rule.literal_culture or culture)
        except Problem:
            form = None  # the page is shown without: nobody is here who could take it
    chat = visits.known(call.visitor) if visits.link.ready else None
    running = None
    if chat is not None and chat.view.status not in (None, ChatStatus.CLOSED):
        running = chat_model(snapshot(chat), call.encode, is_typing=chat.is_typing)
    return evolve(
        model,
        scenario=scenario_model(form),
        signal=said.value if said is not None else None,
        chat_running=running,
    )


_ASKED: Final = (
    Parameter(
        name="UserToken",
        says="Who the visitor is in a foreign system.",
        longest=TEXT_LENGTHS["UserToken"],
    ),
    Parameter(name="Culture", says="The visitor's language.", longest=35),
    Parameter(
        name="ExtResponse",
        says="What foreign logic found out.",
        longest=TEXT_LENGTHS["ExtResponse"],
    ),
)
"""What rules of the broker may look at."""

OPERATIONS: Final = (
    operation(
        "GET",
        "/api/Routing/{webapp}",
        routing,
        Parameter(name="RegionalTime", says="The browser's clock in milliseconds.", longest=20),
        *_ASKED,
        Parameter(
            name="IncludeSettings",
            kind=bool,
            says="Whether template, settings and texts come too.",
        ),
        Parameter(
            name="PageUrl",
            says="Address of the page; else the Referer is taken.",
            longest=LONGEST,
        ),
        HTML_ENCODE,
        answers=RoutingModel,
        optional=True,
        who=Who.ANYBODY,
        rate=rates.PAGE,
    ),
    operation(
        "GET",
        "/api/Signal/{webapp}",
        signal,
        *_ASKED,
        answers=SignalModel,
        is_tagged=True,
        who=Who.MAYBE,
        rate=rates.SIGNAL,
        codes=(ErrorCode.UNKNOWN_TYPE,),
    ),
)
