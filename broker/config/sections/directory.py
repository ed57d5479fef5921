"""Readers of languages, projects, gateways, agents, workplaces and the words that agents choose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from broker.config.context import Context
from broker.config.model import (
    Agent,
    Gateway,
    Language,
    PauseReason,
    Project,
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
    integer,
    kind_of,
    optional_duration,
    short_text,
    text,
    word,
)
from broker.config.secret import read_secret
from broker.config.section_reader import Table
from protocol.limits import text_length
from protocol.values import ChatType, Guid

NAME = text()
# What `broker.core.limits` allows for in each sentence and in each chat of a list (I-14).
PEER_BYTES = 100
PORT_BYTES = 60
NUMBER_BYTES = 160
PUBLIC_NAME_BYTES = 160
MOST_CHATS = 1_000


def read_languages(root: Table, context: Context) -> Iterator[Language]:
    """`[[languages]]`."""
    for table in root.children("languages"):
        with table:
            name = table.need("name", NAME, "")
            yield Language(
                id=context.identities.claim(table, "language", name),
                name=name,
                culture=table.need("culture", culture, ""),
            )


def read_projects(root: Table, context: Context) -> Iterator[Project]:
    """`[[projects]]`."""
    for table in root.children("projects"):
        with table:
            name = table.need("name", NAME, "")
            default = Project(id=context.identities.claim(table, "project", name), name=name)
            yield Project(
                id=default.id,
                name=name,
                signal_duration=table.read("signal_duration", duration(1), default.signal_duration),
                wrapup=table.read("wrapup", duration(), default.wrapup),
                best_skill=table.read("best_skill", boolean, default.best_skill),
            )


def read_gateways(root: Table, context: Context) -> Iterator[tuple[Table, Gateway]]:
    """`[[gateways]]`, each with its table, so that it can be looked at again."""
    for table in root.children("gateways"):
        with table:
            yield table, _gateway(table, context)


def _gateway(table: Table, context: Context) -> Gateway:
    name = table.need("name", NAME, "")
    peer = table.need("peer", short_text(PEER_BYTES), "")
    port = table.read("port", short_text(PORT_BYTES), None)
    if peer:
        address = peer if port is None else f"{peer} port {port}"
        context.identities.unique(table, "gateway at", address, key="peer")
    default = Gateway(
        id=context.identities.claim(table, "gateway", name),
        name=name,
        peer=peer,
        secret=read_secret(table, context),
    )
    timeout = table.read("inactivity_timeout", optional_duration, default.inactivity_timeout)
    return Gateway(
        id=default.id,
        name=name,
        peer=peer,
        port=port,
        chat_type=table.read("chat_type", choice(*ChatType), default.chat_type),
        secret=default.secret,
        inactivity_timeout=timeout,
        inactivity_warning=_warning(table, timeout, default.inactivity_warning),
        tracking_inertia=table.read("tracking_inertia", duration(), default.tracking_inertia),
        workplace_grace=table.read("workplace_grace", duration(), default.workplace_grace),
        reactivate=table.read("reactivate", boolean, default.reactivate),
        weight=table.read("weight", integer(1, MOST_CHATS), default.weight),
        outbound_timeout=table.read(
            "outbound_timeout", duration(UNITS["s"]), default.outbound_timeout
        ),
    )


def _warning(table: Table, timeout: int | None, default: int | None) -> int | None:
    """How long before the close the warning comes; the default gives way to a short time-out."""
    warning = table.read("inactivity_warning", optional_duration, default)
    if timeout is None or warning is None:
        return None
    if warning < timeout:
        return warning
    if "inactivity_warning" in table and table.is_sound("inactivity_timeout"):
        table.fault("inactivity_warning", "must be shorter than inactivity_timeout")
    return None


def read_agents(root: Table, context: Context) -> Iterator[tuple[Table, Agent]]:
    """`[[agents]]`, each with its table, so that it can be looked at again."""
    for table in root.children("agents"):
        with table:
            name = table.need("name", short_text(PUBLIC_NAME_BYTES), "")
            login = table.need("login", text(text_length("Hello", "Login")), "")
            if login:
                context.identities.unique(table, "agent with the login", login, key="login")
            agent = Agent(
                id=context.identities.claim(table, "agent", name),
                name=name,
                nickname=table.read("nickname", short_text(PUBLIC_NAME_BYTES), None),
                login=login,
                secret=read_secret(table, context),
                max_chats=table.read("max_chats", integer(1, MOST_CHATS), 1),
                role=table.read("role", word("agent", "supervisor", "bot"), "agent"),
                languages=_skills(table, "languages", "language", context),
                skills=_skills(table, "skills", "project", context),
            )

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
            with Table(raw, path, table.report, f"agents.{key}") as switches:
                found[thing] = Skill(
                    value=switches.need("value", integer(), 0),
                    enabled=switches.read("enabled", boolean, default=True),
                    engaged=switches.read("engaged", boolean, default=True),
                )
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
        with table:
            number = table.need("number", short_text(NUMBER_BYTES), "")
            yield Workplace(
                id=context.identities.claim(table, "workplace", number, key="number"),
                number=number,
                max_chats=table.read("max_chats", integer(1, MOST_CHATS), 1),
            )


def read_pause_reasons(root: Table, context: Context) -> Iterator[PauseReason]:
    """`[[pause_reasons]]`."""
    for table in root.children("pause_reasons"):
        with table:
            name = table.need("name", text(text_length("AgentStateInfo", "Reason")), "")
            yield PauseReason(id=context.identities.claim(table, "pause_reason", name), name=name)


def read_wrapup_codes(root: Table, context: Context) -> Iterator[WrapupCode]:
    """`[[wrapup_codes]]`."""
    for table in root.children("wrapup_codes"):
        with table:
            name = table.need("name", text(text_length("ChatWrapUpInfo", "Code")), "")
            yield WrapupCode(id=context.identities.claim(table, "wrapup_code", name), name=name)
