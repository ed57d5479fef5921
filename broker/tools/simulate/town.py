"""The installation that a run plays in: small, with short times, and everything in it used."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from broker.config.identity import derive
from broker.config.model import (
    Agent,
    Config,
    Distribution,
    GateRule,
    Gateway,
    Language,
    Limits,
    Project,
    ProjectRule,
    RuleLimits,
    Secret,
    Server,
    Skill,
    Workplace,
)
from broker.tools.simulate.chance import Chance
from broker.tools.simulate.world import SECOND
from protocol.scenario import ScenarioInfo
from protocol.values import Guid

HEARTBEAT: Final = 10 * SECOND
FRAME_BYTES: Final = 131_072
GATEWAYS: Final = ("web", "mobile", "social")
PROJECTS: Final = ("Support", "Sales")
LANGUAGES: Final = (("English", "en"), ("Czech", "cs"))
FORM: Final = derive("scenario", "Contact")


def token_of(name: str) -> str:
    """The secret of a gateway or an agent."""
    return f"{name}-secret"


def _secret(name: str) -> Secret:
    return Secret(digest=sha256(token_of(name).encode()).digest())


@frozen
class Town:
    """A configuration and what it may be reloaded to."""

    config: Config
    reloads: tuple[Config, ...]


def build(chance: Chance, agents: int) -> Town:
    """An installation with so many agents."""
    config = Config(
        server=Server(node="sim", heartbeat=HEARTBEAT),
        # An outbox holds what a client asks for at once when it comes back: two whole chats.
        limits=Limits(
            frame_bytes=FRAME_BYTES,
            outbox_bytes=3 * FRAME_BYTES,
            outbox_frames=60,
            frames_per_second=60,
        ),
        distribution=Distribution(
            age_weight=chance.choose((0.0, 1.0, 5.0)),
            retry_after=20 * SECOND,
            retry_alone=4 * SECOND,
        ),
        languages={derive("language", n): _language(n, c) for n, c in LANGUAGES},
        projects={derive("project", n): _project(chance, n) for n in PROJECTS},
        gateways={derive("gateway", n): _gateway(chance, n) for n in GATEWAYS},
        agents={a.id: a for a in (_agent(chance, i, agents) for i in range(agents + 1))},
        workplaces={w.number: w for w in (_workplace(chance, i) for i in range(agents + 2))},
        gate_rules=(GateRule(id=derive("gate_rule", "all"), rank=10, scenario=FORM),),
        project_rules=_project_rules(chance),
        scenarios={FORM: (ScenarioInfo(scenario_id=FORM, display_name="Contact", culture="en"),)},
    )
    return Town(config, (_tighter(chance, config), _smaller(config), config))


def _language(name: str, culture: str) -> Language:
    return Language(id=derive("language", name), name=name, culture=culture)


def _project(chance: Chance, name: str) -> Project:
    return Project(
        id=derive("project", name),
        name=name,
        signal_duration=chance.between(4, 9) * SECOND,
        wrapup=chance.choose((0, 0, 3 * SECOND)),
        best_skill=name == "Sales",
    )


def _gateway(chance: Chance, name: str) -> Gateway:
    return Gateway(
        id=derive("gateway", name),
        name=name,
        peer=name,
        secret=_secret(name if name == "social" else "web"),
        inactivity_timeout=chance.between(40, 70) * SECOND,
        inactivity_warning=10 * SECOND,
        tracking_inertia=30 * SECOND,
        workplace_grace=chance.between(6, 12) * SECOND,
        reactivate=name == "mobile",
    )


def _skills(chance: Chance, names: tuple[str, ...], kind: str) -> dict[Guid, Skill]:
    return {
        derive(kind, name): Skill(
            value=chance.between(1, 100),
            engaged=chance.happens(0.95),
        )
        for name in names
        if chance.happens(0.85)
    }


def _agent(chance: Chance, index: int, last: int) -> Agent:
    """An agent; the one after the last real one knows nothing: he is the bad client's."""
    name = f"agent{index}"
    idle = index == last
    return Agent(
        id=derive("agent", name),
        name=name,
        login=name,
        secret=_secret(name),
        max_chats=chance.between(1, 3),
        languages={} if idle else _skills(chance, ("English", "Czech"), "language"),
        skills={} if idle else _skills(chance, PROJECTS, "project"),
    )


def _workplace(chance: Chance, index: int) -> Workplace:
    number = str(101 + index)
    return Workplace(id=derive("workplace", number), number=number, max_chats=chance.between(1, 4))


def _project_rules(chance: Chance) -> tuple[ProjectRule, ...]:
    vip = ProjectRule(
        id=derive("project_rule", "vip"),
        rank=10,
        limits=RuleLimits(culture="cs"),
        project=derive("project", "Sales"),
        language=derive("language", "Czech"),
        skill=chance.between(1, 40),
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
        if gateway != "social" or chance.happens(0.8)
    ]
    return (vip, *rest)


def _tighter(chance: Chance, config: Config) -> Config:
    """A reload that takes something away: slots, skills, a project's patience."""
    agents = {
        guid: evolve(agent, max_chats=1) if chance.happens(0.5) else agent
        for guid, agent in config.agents.items()
    }
    projects = {
        guid: evolve(project, signal_duration=project.signal_duration // 2)
        for guid, project in config.projects.items()
    }
    return evolve(config, agents=agents, projects=projects)


def _smaller(config: Config) -> Config:
    """A reload from which a gateway and an agent are gone: their old chats end as usual (C-4)."""
    gateway, agent = derive("gateway", "social"), derive("agent", "agent0")
    return evolve(
        config,
        gateways={**config.gateways, gateway: evolve(config.gateways[gateway], retired=True)},
        agents={**config.agents, agent: evolve(config.agents[agent], retired=True)},
    )
