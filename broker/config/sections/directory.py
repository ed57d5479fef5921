"""Readers of languages, projects, gateways, agents, workplaces and the words that agents choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from attrs import fields, frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Nested, carried
from broker.config.model import (
    Agent,
    Gateway,
    Language,
    PauseReason,
    Project,
    Secret,
    Skill,
    Workplace,
    WrapupCode,
)
from broker.config.parse import (
    UNITS,
    boolean,
    choice,
    culture,
    duration,
    guid,
    integer,
    kind_of,
    optional_duration,
    short_text,
    text,
    word,
)
from broker.config.secret import SecretKeys, password_hash, secret_of
from broker.config.section_reader import Table
from broker.config.sections.logins import check_login, totp_of
from protocol.limits import text_length
from protocol.values import ChatType, Guid

NAME = text()
# What `broker.core.limits` allows for in each sentence and in each chat of a list (I-14).
PEER_BYTES = 100
PORT_BYTES = 60
NUMBER_BYTES = 160
PUBLIC_NAME_BYTES = 160
MOST_CHATS = 1_000
_GATEWAY = fields(Gateway)


@frozen(kw_only=True)
class Named:
    """The keys of a thing that has a name, and an id that follows from it unless it is given (C-2)."""

    name: Annotated[str, NAME, NEEDED] = ""
    id: Annotated[Guid | None, guid] = None


@frozen(kw_only=True)
class LanguageKeys(Named):
    """`[[languages]]`."""

    culture: Annotated[str, culture, NEEDED] = ""


@frozen(kw_only=True)
class ProjectKeys(Named):
    """`[[projects]]`."""

    signal_duration: Annotated[int | None, duration(1)] = None
    wrapup: Annotated[int | None, duration()] = None
    best_skill: Annotated[bool | None, boolean] = None


@frozen(kw_only=True)
class GatewayKeys(SecretKeys):
    """`[[gateways]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    peer: Annotated[str, short_text(PEER_BYTES), NEEDED] = ""
    port: Annotated[str | None, short_text(PORT_BYTES)] = None
    chat_type: Annotated[ChatType | None, choice(*ChatType)] = None
    inactivity_timeout: Annotated[int | None, optional_duration] = (
        _GATEWAY.inactivity_timeout.default
    )
    inactivity_warning: Annotated[int | None, optional_duration] = (
        _GATEWAY.inactivity_warning.default
    )
    tracking_inertia: Annotated[int | None, duration()] = None
    workplace_grace: Annotated[int | None, duration()] = None
    reactivate: Annotated[bool | None, boolean] = None
    weight: Annotated[int | None, integer(1, MOST_CHATS)] = None
    outbound_timeout: Annotated[int | None, duration(UNITS["s"])] = None


@frozen(kw_only=True)
class AgentKeys(SecretKeys):
    """`[[agents]]`."""

    name: Annotated[str, short_text(PUBLIC_NAME_BYTES), NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    login: Annotated[str, text(text_length("Hello", "Login")), NEEDED] = ""
    nickname: Annotated[str | None, short_text(PUBLIC_NAME_BYTES)] = None
    max_chats: Annotated[int | None, integer(1, MOST_CHATS)] = None
    max_messages: Annotated[int | None, integer(0, MOST_CHATS)] = None
    role: Annotated[str | None, word("agent", "supervisor", "bot")] = None
    password_hash: Annotated[str | None, password_hash] = None
    totp_secret: Annotated[str | None, text(256)] = None
    totp_secret_env: Annotated[str | None, text()] = None
    subject: Annotated[str | None, text(text_length("LoginRequest", "Subject"))] = None
    languages: Nested = None
    skills: Nested = None


@frozen(kw_only=True)
class WorkplaceKeys:
    """`[[workplaces]]`."""

    number: Annotated[str, short_text(NUMBER_BYTES), NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    max_chats: Annotated[int | None, integer(1, MOST_CHATS)] = None
    max_messages: Annotated[int | None, integer(0, MOST_CHATS)] = None


@frozen(kw_only=True)
class PauseReasonKeys:
    """`[[pause_reasons]]`."""

    name: Annotated[str, text(text_length("AgentStateInfo", "Reason")), NEEDED] = ""
    id: Annotated[Guid | None, guid] = None


@frozen(kw_only=True)
class WrapupCodeKeys:
    """`[[wrapup_codes]]`."""

    name: Annotated[str, text(text_length("ChatWrapUpInfo", "Code")), NEEDED] = ""
    id: Annotated[Guid | None, guid] = None


@frozen(kw_only=True)
class SkillKeys:
    """A value of `skills` or `languages` that is a table."""

    value: Annotated[int, integer(), NEEDED] = 0
    enabled: Annotated[bool | None, boolean] = None
    engaged: Annotated[bool | None, boolean] = None


def read_languages(root: Table, context: Context) -> Iterator[Language]:
    """`[[languages]]`."""
    for table in root.children("languages"):
        keys = table.read(LanguageKeys)
        identity = context.identities.claim(table, "language", keys.name, keys.id)
        yield carried(Language, keys, id=identity)


def read_projects(root: Table, context: Context) -> Iterator[Project]:
    """`[[projects]]`."""
    for table in root.children("projects"):
        keys = table.read(ProjectKeys)
        identity = context.identities.claim(table, "project", keys.name, keys.id)
        yield carried(Project, keys, id=identity)


def read_gateways(root: Table, context: Context) -> Iterator[tuple[Table, Gateway]]:
    """`[[gateways]]`, each with its table, so that it can be looked at again."""
    for table in root.children("gateways"):
        keys = table.read(GatewayKeys)
        if keys.peer:
            address = keys.peer if keys.port is None else f"{keys.peer} port {keys.port}"
            context.identities.unique(table, "gateway at", address, key="peer")
        gateway = carried(
            Gateway,
            keys,
            id=context.identities.claim(table, "gateway", keys.name, keys.id),
            secret=secret_of(table, keys, context),
            inactivity_timeout=keys.inactivity_timeout,
            inactivity_warning=_warning(table, keys.inactivity_timeout, keys.inactivity_warning),
        )
        yield table, gateway


def _warning(table: Table, timeout: int | None, warning: int | None) -> int | None:
    """How long before the close the warning comes; the default gives way to a short time-out."""
    if timeout is None or warning is None:
        return None
    if warning < timeout:
        return warning
    if "inactivity_warning" in table and table.is_sound("inactivity_timeout"):
        table.fault("inactivity_warning", "must be shorter than inactivity_timeout")
    return None


def _is_at_desk(table: Table) -> bool:
    """Whether somebody may log in at a desk, and needs no secret for a program."""
    return "password_hash" in table or "subject" in table


def read_agents(root: Table, context: Context) -> Iterator[tuple[Table, Agent]]:
    """`[[agents]]`, each with its table, so that it can be looked at again."""
    for table in root.children("agents"):
        keys = table.read(AgentKeys)
        if keys.login:
            context.identities.unique(table, "agent with the login", keys.login, key="login")
        agent = carried(
            Agent,
            keys,
            id=context.identities.claim(table, "agent", keys.name, keys.id),
            secret=secret_of(table, keys, context, needed=not _is_at_desk(table)),
            password=Secret(argon2=keys.password_hash) if keys.password_hash else None,
            totp=totp_of(table, keys.totp_secret, keys.totp_secret_env, context),
            languages=_skills(table, "languages", "language", context),
            skills=_skills(table, "skills", "project", context),
        )
        check_login(table, agent, context)
        yield table, agent


def _skills(table: Table, key: str, kind: str, context: Context) -> Mapping[Guid, Skill]:
    """Values by name; a value is a number, or a table with the two switches beside it."""
    found: dict[Guid, Skill] = {}
    for name, raw in table.entries(key):
        path = (*table.path, key, name)
        try:
            thing = context.reference(kind)(name)
        except ValueError as fault:
            table.report.fault(path, fault)
            continue
        if isinstance(raw, dict):
            switches = Table(raw, path, table.report, f"agents.{key}")
            found[thing] = carried(Skill, switches.read(SkillKeys))
        elif type(raw) is int:
            try:
                found[thing] = Skill(value=integer()(raw))
            except ValueError as fault:
                table.report.fault(path, str(fault))
        else:
            table.report.fault(path, f"must be a whole number or a table, not {kind_of(raw)}")
    return found


def read_workplaces(root: Table, context: Context) -> Iterator[Workplace]:
    """`[[workplaces]]`."""
    for table in root.children("workplaces"):
        keys = table.read(WorkplaceKeys)
        number = keys.number
        identity = context.identities.claim(table, "workplace", number, keys.id, key="number")
        yield carried(Workplace, keys, id=identity)


def read_pause_reasons(root: Table, context: Context) -> Iterator[PauseReason]:
    """`[[pause_reasons]]`."""
    for table in root.children("pause_reasons"):
        keys = table.read(PauseReasonKeys)
        identity = context.identities.claim(table, "pause_reason", keys.name, keys.id)
        yield carried(PauseReason, keys, id=identity)


def read_wrapup_codes(root: Table, context: Context) -> Iterator[WrapupCode]:
    """`[[wrapup_codes]]`."""
    for table in root.children("wrapup_codes"):
        keys = table.read(WrapupCodeKeys)
        identity = context.identities.claim(table, "wrapup_code", keys.name, keys.id)
        yield carried(WrapupCode, keys, id=identity)
