"""`GET /api/Routing/{webapp}`: whether and how an application has a place on a page."""

from typing import Final

from attrs import evolve

from connectors.web import rates
from connectors.web.literals import preferred, texts
from connectors.web.models import RoutingModel, chat_model, scenario_model
from connectors.web.operations import (
    HTML_ENCODE,
    SITE,
    WEB_APP,
    Answer,
    Call,
    Operation,
    Parameter,
    Who,
)
from connectors.web.problems import Away, Problem
from connectors.web.routing import LONGEST, Page
from connectors.web.settings import WEB_CHAT
from connectors.web.visits import snapshot
from protocol.chat import ChatServiceInfo
from protocol.limits import TEXT_LENGTHS
from protocol.register import WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo
from protocol.values import ChatStatus, Signal


async def routing(call: Call[None]) -> Answer:
    """What a page is to show; null: nothing."""
    visits, app = call.visits, call.get("webapp")
    link = visits.link
    if not link.rules.infos and not link.ready:
        raise Away
    culture = (
        call.get("Culture")
        or preferred(call.request.headers.get("accept-language", ""))
        or visits.site.culture
    )
    page = Page(
        app=app,
        url=call.get("PageUrl") or call.request.headers.get("referer", "")[:LONGEST],
        culture=culture,
        browser=call.request.headers.get("user-agent", ""),
        user_token=_user_token(call),
        address=call.address,
    )
    rule = link.rules.first(page) if app in visits.site.apps else None
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
            literals=texts(link.literals, *languages),
        )
    return Answer(model=model)


def _user_token(call: Call[None]) -> str | None:
    identity = call.visitor.identity
    said: str | None = call.get("UserToken")
    return said if identity is None else identity.user


async def _with_chat(
    call: Call[None], model: RoutingModel, rule: WebSiteRoutingInfo, culture: str
) -> RoutingModel:
    """Put in the form, the signal and the chat that runs."""
    visits = call.visits
    form: ScenarioInfo | None = None
    signal: Signal | None = Signal.FREE if visits.link.ready else Signal.BUSY
    if call.get("webapp") == WEB_CHAT:
        asked = ChatServiceInfo(
            preferred_culture=culture,
            user_token=call.get("UserToken"),
            ext_response=call.get("ExtResponse"),
        )
        said = await visits.signal(asked, call.visitor)
        form, signal = said.scenario_model, said.signal
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
        signal=signal.value if signal is not None else None,
        chat_running=running,
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/api/Routing/{webapp}",
        does="Whether and how an application has a place on a page",
        handle=routing,
        parameters=(
            WEB_APP,
            SITE,
            Parameter(name="RegionalTime", says="The browser's clock in milliseconds.", longest=20),
            Parameter(
                name="UserToken",
                says="Who the visitor is in a foreign system.",
                longest=TEXT_LENGTHS["UserToken"],
            ),
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
            Parameter(name="Culture", says="The visitor's language.", longest=35),
            Parameter(
                name="ExtResponse",
                says="What foreign logic found out.",
                longest=TEXT_LENGTHS["ExtResponse"],
            ),
            HTML_ENCODE,
        ),
        answers=RoutingModel,
        optional=True,
        who=Who.ANYBODY,
        rate=rates.PAGE,
    ),
)
