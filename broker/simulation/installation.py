"""The installation that a run plays in: small, with short times, and everything in it used."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from broker.config.folding import Words
from broker.config.model import (
    SECOND,
    Agent,
    Attachments,
    Config,
    Distribution,
    Form,
    GateRule,
    Gateway,
    Language,
    Limits,
    PauseReason,
    PreRule,
    Project,
    ProjectRule,
    RuleLimits,
    Secret,
    Server,
    Skill,
    WaitRule,
    Workplace,
    WrapupCode,
)
from broker.config.partners import Bot, BotAnswer, BotQuestion, TextMatch
from broker.simulation import post, texts
from broker.simulation.rng import Rng
from protocol.identifiers import derive
from protocol.pattern import Pattern
from protocol.scenario import (
    ScenarioInfo,
    ScreenControlInfo,
    ScreenControlParameterInfo,
    ScreenInfo,
)
from protocol.values import ControlType, Guid

HEARTBEAT: Final = 10 * SECOND
FRAME_BYTES: Final = 131_072
GATEWAYS: Final = ("web", "mobile", "social")
PROJECTS: Final = ("Support", "Sales")
LANGUAGES: Final = (("English", "en"), ("Czech", "cs"))
FORM: Final = derive("scenario", "Contact")
OFFERED_FORM: Final = derive("scenario", "Call me back")
TOPICS: Final = ("buy", "ask")
CONTACTS: Final = tuple(derive("contact", name) for name in ("one", "two", "three"))
"""Whom forms say that they are about: more than a gateway may know."""
BOTS: Final = ("bot0", "bot1")
"""The second one has a seat and nobody runs it."""
SCRIPT: Final = derive("bot", "Greeter")
WRAPUP_CODES: Final = ("done", "later")
PAUSE_REASONS: Final = ("Lunch",)


def token_of(name: str) -> str:
    """The secret of a gateway or an agent."""
    return f"{name}-secret"


def _secret(name: str) -> Secret:
    return Secret(digest=sha256(token_of(name).encode()).digest())


@frozen
class Installation:
    """A configuration and what it may be reloaded to."""

    config: Config
    reloads: tuple[Config, ...]
    posts: tuple[post.Post, ...] = ()

    def reload(self, rng: Rng, of_post: Rng) -> Config:
        """What is read when it is read again: what the post is like then is drawn for itself."""
        config = rng.choose(self.reloads)
        if not self.posts or of_post.happens(0.4):
            return config
        return of_post.choose(self.posts).within(config)


def build(rng: Rng, agents: int) -> Installation:
    """An installation with so many agents, and two bots."""
    people = [_agent(rng, i, agents) for i in range(agents + 1)]
    seats = [_workplace(rng, i) for i in range(agents + 2)]
    more = rng.fork("more")  # so that what was there before the bots is drawn as it was
    config = Config(
        server=Server(node="sim", heartbeat=HEARTBEAT),
        # An outbox holds what a client asks for at once when it comes back: two whole chats.
        limits=Limits(
            frame_bytes=FRAME_BYTES,
            outbox_bytes=3 * FRAME_BYTES,
            outbox_frames=60,
            frames_per_second=60,
            contacts=1,
            list_chats=rng.fork("pieces").choose((1, 1, 2, 3, 100)),
        ),
        attachments=Attachments(
            scanner="tcp://scanner:3310" if rng.fork("scanner").happens(0.5) else None
        ),
        distribution=Distribution(
            age_weight=rng.choose((0.0, 1.0, 5.0)),
            retry_after=20 * SECOND,
            retry_alone=4 * SECOND,
            transfer_timeout=more.between(6, 12) * SECOND,
            bot_timeout=more.between(3, 8) * SECOND,
            park_reserve=more.choose((0, 0, 1, 2)),
            max_parked=2,
            park_timeout=more.between(8, 30) * SECOND,
            park_warning=3 * SECOND,
        ),
        languages={derive("language", n): _language(n, c) for n, c in LANGUAGES},
        projects={derive("project", n): _project(rng, n) for n in PROJECTS},
        gateways={derive("gateway", n): _gateway(rng, more, n) for n in GATEWAYS},
        agents={a.id: a for a in (*people, *(_bot_agent(more, name) for name in BOTS))},
        workplaces={w.number: w for w in (*seats, *map(_bot_seat, BOTS))},
        gate_rules=_GATE_RULES,
        pre_rules=_pre_rules(more),
        project_rules=_project_rules(rng),
        wait_rules=_wait_rules(more),
        text_matches=_TEXT_MATCHES,
        bots={SCRIPT: _script(more)},
        pause_reasons={n: PauseReason(id=derive("pause_reason", n), name=n) for n in PAUSE_REASONS},
        wrapup_codes={n: WrapupCode(id=derive("wrapup_code", n), name=n) for n in WRAPUP_CODES},
        scenarios={FORM: (form_of("Contact"),), OFFERED_FORM: (form_of("Call me back"),)},
        forms={
            form: Form(id=form, name=name, listed=(control_of(name, "topic"),))
            for form, name in ((FORM, "Contact"), (OFFERED_FORM, "Call me back"))
        },
    )
    config = post.furnish(rng.fork("post"), config, _secret("post"))
    if post.has_post(config):
        config = texts.furnish(rng.fork("texts"), config, _secret("web"), _secret("post"))
    reloads = (_tighter(rng, config), _smaller(config), _other(more, config), config)
    return Installation(config, reloads, post.reloads(rng.fork("post reloads"), config))


def narrowed(whole: Installation, connections: int) -> Installation:
    """The same with room for so many connections only."""

    def narrow(config: Config) -> Config:
        return evolve(config, limits=evolve(config.limits, connections=connections))

    return evolve(whole, config=narrow(whole.config), reloads=tuple(map(narrow, whole.reloads)))


_GATE_RULES: Final = (
    GateRule(
        id=derive("gate_rule", "social"),
        rank=5,
        limits=RuleLimits(gateway=derive("gateway", "social")),
        queue_limit=2,
        wait_limit=20 * SECOND,
        scenario=FORM,
    ),
    GateRule(id=derive("gate_rule", "all"), rank=10, scenario=FORM),
)
"""Through `social` nobody is let in behind a queue of two, or behind a wait of 20 s."""

_TEXT_MATCHES: Final = {
    match.id: match
    for match in (
        TextMatch(id=derive("text_match", "yes"), name="yes", words=Words(("yes", "please do"))),
        TextMatch(id=derive("text_match", "no"), name="no", patterns=(Pattern("^no"),)),
    )
}


def control_of(form: str, name: str) -> Guid:
    """The id of a control of a form."""
    return derive("control", f"{form}/{name}")


def form_of(name: str) -> ScenarioInfo:
    """A form: a topic that must be chosen, and words that may be written."""
    topic = ScreenControlInfo(
        screen_control_id=control_of(name, "topic"),
        display_name="Topic",
        control_type=ControlType.RADIO_BUTTONS,
        mandatory_field=True,
        parameters=tuple(
            ScreenControlParameterInfo(display_name=text, result_text=text) for text in TOPICS
        ),
    )
    words = ScreenControlInfo(
        screen_control_id=control_of(name, "words"),
        display_name="Words",
        control_type=ControlType.TEXT_AREA,
        target_column="ContactName",
    )
    screen = ScreenInfo(display_name="First", controls=(topic, words), finish_button=True)
    return ScenarioInfo(
        scenario_id=derive("scenario", name), display_name=name, culture="en", screens=(screen,)
    )


def seat_of(bot: str) -> str:
    """The number of a bot's workplace."""
    return str(901 + BOTS.index(bot))


def _bot_seat(name: str) -> Workplace:
    number = seat_of(name)
    return Workplace(id=derive("workplace", number), number=number, max_chats=4)


def _bot_agent(rng: Rng, name: str) -> Agent:
    return Agent(
        id=derive("agent", name),
        name=name,
        login=name,
        secret=_secret(name),
        max_chats=rng.between(2, 4),
        role="bot",
    )


def _script(rng: Rng) -> Bot:
    """The built-in bot: a form perhaps, then two questions, the second of which may end the chat."""
    yes, no = _TEXT_MATCHES
    topic, words = (form_of("Contact").screens or ())[0].controls or ()
    sales = derive("project", "Sales")
    return Bot(
        id=SCRIPT,
        name="Greeter",
        greeting="Good day!",
        scenario=OFFERED_FORM if rng.happens(0.4) else None,
        fills=FORM,
        questions=(
            BotQuestion(
                name="want",
                ask="Do you want to buy?",
                answers=(
                    BotAnswer(
                        match=yes,
                        value=TOPICS[0],
                        say="Fine.",
                        project=sales,
                        finish=rng.happens(0.5),
                    ),
                    BotAnswer(match=no, next="name"),
                ),
                retry="Yes or no, please.",
                control=topic,
                choices=tuple((Words((text,)), text) for text in TOPICS),
            ),
            BotQuestion(name="why", ask="Why?", control=words),
            BotQuestion(
                name="name",
                ask="Who are you?",
                answers=(BotAnswer(match=no, say="As you like.", close=True), BotAnswer()),
            ),
        ),
        project=rng.choose((None, derive("project", "Support"))),
        farewell=rng.choose((None, "I hand you over.")),
    )


def _pre_rules(rng: Rng) -> tuple[PreRule, ...]:
    """Who meets a machine first: guests of some gateways, and of some languages."""
    running, away = (derive("agent", name) for name in BOTS)
    rules = (
        (RuleLimits(culture="de"), SCRIPT, 0.5),
        (RuleLimits(gateway=derive("gateway", "web")), running, 0.7),
        (RuleLimits(gateway=derive("gateway", "mobile")), SCRIPT, 0.6),
        (RuleLimits(gateway=derive("gateway", "mobile")), running, 0.7),
        (RuleLimits(gateway=derive("gateway", "social")), away, 0.2),
        (RuleLimits(gateway=derive("gateway", "social")), running, 0.7),
    )
    return tuple(
        PreRule(id=derive("pre_rule", str(rank)), rank=rank, limits=limits, bot=bot)
        for rank, (limits, bot, often) in enumerate(rules, 1)
        if rng.happens(often)
    )


def _wait_rules(rng: Rng) -> tuple[WaitRule, ...]:
    """Levels upwards; of one level a rule for a language stands before that for everybody."""
    sales, support = (derive("project", n) for n in ("Sales", "Support"))
    rules = (
        WaitRule(
            id=derive("wait_rule", "note"),
            level=0,
            after=rng.between(2, 6) * SECOND,
            note="You are number {position}, it may take {wait}.",
        ),
        WaitRule(
            id=derive("wait_rule", "vip"),
            level=1,
            after=rng.between(3, 8) * SECOND,
            limits=RuleLimits(culture="cs"),
            priority=50,
        ),
        WaitRule(
            id=derive("wait_rule", "skill"),
            level=1,
            after=rng.between(4, 12) * SECOND,
            skill=1,
            projects=(support,) if rng.happens(0.5) else (),
        ),
        WaitRule(
            id=derive("wait_rule", "wide"),
            level=2,
            after=rng.between(8, 16) * SECOND,
            project=support,
            projects=(sales,),
            scenario=OFFERED_FORM,
            note="Perhaps you want to be called back.",
        ),
        WaitRule(
            id=derive("wait_rule", "end"),
            level=3,
            after=rng.between(20, 60) * SECOND,
            note="We are sorry.",
            close=True,
        ),
    )
    return tuple(rule for rule in rules if rng.happens(0.5 if rule.close else 0.8))


def _language(name: str, culture: str) -> Language:
    return Language(id=derive("language", name), name=name, culture=culture)


def _project(rng: Rng, name: str) -> Project:
    return Project(
        id=derive("project", name),
        name=name,
        signal_duration=rng.between(4, 9) * SECOND,
        wrapup=rng.choose((0, 3 * SECOND, 12 * SECOND)),
        best_skill=name == "Sales",
    )


def _gateway(rng: Rng, more: Rng, name: str) -> Gateway:
    return Gateway(
        id=derive("gateway", name),
        name=name,
        peer=name,
        secret=_secret(name if name == "social" else "web"),
        inactivity_timeout=rng.between(40, 70) * SECOND,
        inactivity_warning=10 * SECOND,
        tracking_inertia=30 * SECOND,
        workplace_grace=rng.between(6, 12) * SECOND,
        reactivate=name == "mobile",
        weight=more.weighed(((1, 3), (2, 1))),
        outbound_timeout=more.between(4, 12) * SECOND,
    )


def _skills(rng: Rng, names: tuple[str, ...], kind: str) -> dict[Guid, Skill]:
    return {
        derive(kind, name): Skill(
            value=rng.between(1, 100),
            engaged=rng.happens(0.95),
        )
        for name in names
        if rng.happens(0.85)
    }


def _agent(rng: Rng, index: int, last: int) -> Agent:
    """An agent; the one after the last real one knows nothing: they are the bad client's."""
    name = f"agent{index}"
    idle = index == last
    leads = not idle and (index == last - 1 or (index == 0 and rng.fork("lead").happens(0.3)))
    return Agent(
        id=derive("agent", name),
        name=name,
        login=name,
        secret=_secret(name),
        max_chats=rng.between(1, 4),
        role="supervisor" if leads else "agent",
        languages={} if idle else _skills(rng, ("English", "Czech"), "language"),
        skills={} if idle else _skills(rng, PROJECTS, "project"),
    )


def _workplace(rng: Rng, index: int) -> Workplace:
    number = str(101 + index)
    return Workplace(id=derive("workplace", number), number=number, max_chats=rng.between(2, 5))


def _project_rules(rng: Rng) -> tuple[ProjectRule, ...]:
    vip = ProjectRule(
        id=derive("project_rule", "vip"),
        rank=10,
        limits=RuleLimits(culture="cs"),
        project=derive("project", "Sales"),
        language=derive("language", "Czech"),
        skill=rng.between(1, 40),
        priority=20,
    )
    rest = [
        ProjectRule(
            id=derive("project_rule", gateway),
            rank=20 + index,
            limits=RuleLimits(gateway=derive("gateway", gateway)),
            project=derive("project", PROJECTS[index % 2]),
            skill=1,
        )
        # One gateway in three has no rule for its guests: their chats are closed by rule.
        for index, gateway in enumerate(GATEWAYS)
        if gateway != "social" or rng.happens(0.8)
    ]
    return (vip, *rest)


def _tighter(rng: Rng, config: Config) -> Config:
    """A reload that takes something away: slots, skills, a project's patience."""
    agents = {
        guid: evolve(agent, max_chats=1) if rng.happens(0.5) else agent
        for guid, agent in config.agents.items()
    }
    projects = {
        guid: evolve(project, signal_duration=project.signal_duration // 2)
        for guid, project in config.projects.items()
    }
    return evolve(config, agents=agents, projects=projects)


def _smaller(config: Config) -> Config:
    """A reload from which gateways and an agent are gone: their old chats end as usual (C-4)."""
    gateway, agent = derive("gateway", "social"), derive("agent", "agent0")
    news = derive("message_gateway", "news")
    mail = {g.id: evolve(g, retired=g.id == news) for g in config.message_gateways.values()}
    return evolve(
        config,
        message_gateways=mail,
        gateways={**config.gateways, gateway: evolve(config.gateways[gateway], retired=True)},
        agents={**config.agents, agent: evolve(config.agents[agent], retired=True)},
    )


def _other(rng: Rng, config: Config) -> Config:
    """A reload to other machines and rules: no script, no bot, fewer wait rules, other weights."""
    weights = (1, 2, 3)
    gateways = {
        guid: evolve(gateway, weight=rng.choose(weights))
        for guid, gateway in config.gateways.items()
    }
    wait_rules = [rule for rule in config.wait_rules if rng.happens(0.6)]
    bots, pre_rules, agents = config.bots, config.pre_rules, config.agents
    if rng.happens(0.5):
        bots = {}
        pre_rules = tuple(rule for rule in pre_rules if rule.bot != SCRIPT)
    if rng.happens(0.5):
        gone = derive("agent", BOTS[0])
        agents = {**agents, gone: evolve(agents[gone], retired=True)}
        pre_rules = tuple(rule for rule in pre_rules if rule.bot != gone)
    numbers = evolve(config.distribution, park_reserve=rng.between(0, 2))
    return evolve(
        config,
        gateways=gateways,
        wait_rules=tuple(wait_rules),
        bots=bots,
        pre_rules=pre_rules,
        agents=agents,
        distribution=numbers,
    )
