"""Read a configuration file: the one way from TOML to `Config` (C-1).

Theory of operation: `tomllib` gives the document, `lines` the lines of its members. The
readers of the sections go over it in an order in which every name is known before it is
referred to, and note all faults in one report. Without a fault there is a `Config`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Final, Protocol, TypeVar

from attrs import evolve, frozen

from broker.config.advice import Tables, advise, warn_of_clear_tokens
from broker.config.answers import weigh_answers
from broker.config.context import Context, Judge
from broker.config.converter import Nested
from broker.config.diagnostics import ConfigFault, Finding, Path, Report
from broker.config.model import Config
from broker.config.section_reader import Table
from broker.config.sections.bots import read_bots, read_text_matches
from broker.config.sections.directory import (
    read_agents,
    read_gateways,
    read_languages,
    read_pause_reasons,
    read_projects,
    read_workplaces,
    read_wrapup_codes,
)
from broker.config.sections.figures import read_figures
from broker.config.sections.foreign import BESIDE, judge_foreign
from broker.config.sections.forms import read_scenarios
from broker.config.sections.hours import read_calendars
from broker.config.sections.logins import read_logins
from broker.config.sections.lookups import read_literals, read_website_routing
from broker.config.sections.messages import read_message_gateways, read_message_rules
from broker.config.sections.routing import read_gate_rules, read_pre_rules, read_project_rules
from broker.config.sections.settings import (
    read_attachments,
    read_distribution,
    read_limits,
    read_notes,
    read_server,
    read_store_url,
)
from broker.config.sections.waiting import read_wait_rules
from broker.config.source import PATIENCE, cleaned, is_special, read_source, refused, strange
from broker.config.toml_positions import line_index
from protocol.scalars import NUL
from protocol.values import Guid

_PLACE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


@frozen
class Loaded:
    """A good configuration.

    Attributes:
        config: The configuration.
        warnings: What somebody should know about it nevertheless.
        lasting: Whether it came from a file, which can be read again.
        beside: The sections of programs beside the broker that are there.
    """

    config: Config
    warnings: tuple[Finding, ...] = ()
    lasting: bool = True
    beside: tuple[str, ...] = ()


def load(
    path: str | os.PathLike[str],
    environ: Mapping[str, str] | None = None,
    *,
    patience: float | None = PATIENCE,
    judges: Mapping[str, Judge] | None = None,
) -> Loaded:
    """Read a configuration file.

    Args:
        path: The file.
        environ: The environment for `token_env`; that of the process when left out.
        patience: For how many seconds a pipe in its place may bring nothing; None: for ever.
        judges: Who knows the sections of other programs; None: these are not looked at.

    Raises:
        ConfigFault: The file cannot be read, has faults, or lacks what no broker can do without;
            it carries all of that.
    """
    environ = os.environ if environ is None else environ
    lasting = not is_special(path)
    text = read_source(path, patience)
    loaded = _read(text, os.fspath(path), environ, whole=True, judges=judges)
    return evolve(loaded, lasting=lasting)


def load_again(path: str | os.PathLike[str], environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the configuration file of a running broker again.

    A pipe in its place is not opened: who opens one waits until somebody writes to it.

    Raises:
        ConfigFault: As from `load`; or it is no regular file.
    """
    if is_special(path):
        raise refused(os.fspath(path), None, "is no regular file, so it is not read again")
    return load(path, environ)


def loads(text: str, path: str = "parley.toml", environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the text of a configuration file.

    Args:
        text: What stands in the file.
        path: The name of the file, for findings and for the directory of relative TLS files.
        environ: The environment for `token_env`; empty when left out.

    Raises:
        ConfigFault: The text has faults; it carries all of them.
    """
    return _read(text, path, {} if environ is None else environ, whole=False)


def _read(
    text: str,
    path: str,
    environ: Mapping[str, str],
    *,
    whole: bool,
    judges: Mapping[str, Judge] | None = None,
) -> Loaded:
    text = cleaned(text, path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise _syntax_fault(path, text, str(fault)) from None
    except (RecursionError, ValueError) as fault:  # too deep; too many digits
        raise refused(path, None, f"is no usable TOML: {fault}") from None
    report = Report(path, line_index(text))
    context = Context(environ=environ, base=FilePath(path).parent, whole=whole, judges=judges or {})
    config = read_document(document, report, context)
    report.raise_faults()
    beside = tuple(name for name in BESIDE if name in document)
    return Loaded(config, report.sorted_warnings(), beside=beside)


@frozen(kw_only=True)
class Document:
    """The sections that there are; each is read by itself."""

    server: Nested = None
    logins: Nested = None
    store: Nested = None
    limits: Nested = None
    attachments: Nested = None
    distribution: Nested = None
    notes: Nested = None
    languages: Nested = None
    projects: Nested = None
    calendars: Nested = None
    gateways: Nested = None
    agents: Nested = None
    workplaces: Nested = None
    scenarios: Nested = None
    text_matches: Nested = None
    bots: Nested = None
    gate_rules: Nested = None
    pre_rules: Nested = None
    project_rules: Nested = None
    wait_rules: Nested = None
    pause_reasons: Nested = None
    wrapup_codes: Nested = None
    literals: Nested = None
    website_routing: Nested = None
    message_gateways: Nested = None
    message_rules: Nested = None
    desk: Nested = None
    web: Nested = None
    figures: Nested = None


def read_document(document: dict[str, object], report: Report, context: Context) -> Config:
    """Read a whole document; with a fault in the report the result is not to be used."""
    _refuse_nul(document, (), report)
    root = Table(document, (), report)
    root.read(Document)
    # Things that are referred to come before those that refer to them.
    languages = _by_id(read_languages(root, context))
    projects = _by_id(read_projects(root, context))
    read_calendars(root, context)
    scenarios, forms = read_scenarios(root, context)
    text_matches = _by_id(read_text_matches(root, context))
    bots = _by_id(read_bots(root, context))
    notes = read_notes(root.child("notes"))
    tables = Tables(
        gateways=list(read_gateways(root, context)),
        message_gateways=list(read_message_gateways(root, context)),
        agents=list(read_agents(root, context)),
        project_rules=list(read_project_rules(root, context)),
        wait_rules=list(read_wait_rules(root, context, notes.wait_unknown)),
        message_rules=list(read_message_rules(root, context)),
    )
    agents = _by_id(agent for _, agent in tables.agents)
    external = frozenset(agent.id for agent in agents.values() if agent.role == "bot")
    config = Config(
        logins=read_logins(root, context, tables.agents),
        server=read_server(root.child("server"), context),
        store_url=read_store_url(root.child("store")),
        limits=read_limits(root.child("limits")),
        attachments=read_attachments(root.child("attachments")),
        distribution=read_distribution(root.child("distribution")),
        notes=notes,
        languages=languages,
        projects=projects,
        gateways=_by_id(gateway for _, gateway in tables.gateways),
        agents=agents,
        workplaces={place.number: place for place in read_workplaces(root, context)},
        gate_rules=_by_rank(read_gate_rules(root, context)),
        pre_rules=_by_rank(read_pre_rules(root, context, external)),
        project_rules=_by_rank(rule for _, rule in tables.project_rules),
        wait_rules=tuple(sorted((rule for _, rule in tables.wait_rules), key=lambda it: it.level)),
        text_matches=text_matches,
        bots=bots,
        pause_reasons={reason.name: reason for reason in read_pause_reasons(root, context)},
        wrapup_codes={code.name: code for code in read_wrapup_codes(root, context)},
        scenarios=scenarios,
        forms=forms,
        message_gateways=_by_id(gateway for _, gateway in tables.message_gateways),
        message_rules=_by_rank(rule for _, rule in tables.message_rules),
        literals=tuple(read_literals(root, context)),
        website_routing=read_website_routing(root, context),
        figures=read_figures(root, context),
    )
    _judge(root, document, config, tables, context)
    return config


def _judge(
    root: Table, document: dict[str, object], config: Config, tables: Tables, context: Context
) -> None:
    """Note what is seen only once all is read."""
    report = root.report
    judge_foreign(document, report, context)
    warn_of_clear_tokens(context, report, config.server)
    if context.whole:
        _check_whole(root, config)
    report.drop_consequences(document)
    if not report.faults:  # of what stands in for something faulty nobody is to be warned
        weigh_answers(root, config)
        advise(root, config, tables)


def _check_whole(root: Table, config: Config) -> None:
    """Note what is missing from a file that shall run a broker: it may have been emptied or cut."""
    if root.is_empty:
        root.report.fault((), "is empty")
    elif not config.gateways and not config.message_gateways and root.is_sound("gateways"):
        root.missing("gateways", "is missing: without a gateway no visitor can come in")
    else:
        if not config.agents and root.is_sound("agents"):
            root.warn("agents", "is missing: there is nobody who could answer")
        lost = config.gateways and not config.project_rules and not config.pre_rules
        if lost and root.is_sound("project_rules", "pre_rules"):
            root.warn("project_rules", "is missing: the chat of every visitor ends as it begins")
        inbound = any(one.is_distributed for one in config.message_gateways.values())
        if inbound and not config.message_rules and root.is_sound("message_rules"):
            root.warn("message_rules", "is missing: nobody gets to see any message")


def _refuse_nul(value: object, path: Path, report: Report) -> None:
    """Refuse what no frame may hold and not every database stores (W-5)."""
    if isinstance(value, str) and NUL in value:
        report.fault(path, "must not hold the character U+0000")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_nul(key, (*path, key), report)
            _refuse_nul(inner, (*path, key), report)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _refuse_nul(inner, (*path, position), report)


class _Known(Protocol):
    @property
    def id(self) -> Guid: ...


class _Ranked(Protocol):
    @property
    def rank(self) -> int: ...


K = TypeVar("K", bound=_Known)
R = TypeVar("R", bound=_Ranked)


def _by_id(things: Iterable[K]) -> dict[Guid, K]:
    return {thing.id: thing for thing in things}


def _by_rank(rules: Iterable[R]) -> tuple[R, ...]:
    """Rules in the order in which they are tried; those of one rank as the file has them."""
    return tuple(sorted(rules, key=lambda rule: rule.rank))


def _syntax_fault(path: str, source: str, text: str) -> ConfigFault:
    """`tomllib` stops at the first fault of syntax and says where only in its message."""
    place = _PLACE.search(text)
    if place is None:  # "at end of document"
        return refused(path, source.count("\n") + 1, f"is not valid TOML: {text}")
    line, column = int(place[1]), int(place[2])
    said = f"is not valid TOML: {text[: place.start()]} (column {column}){strange(source, line, column)}"
    return refused(path, line, said)
