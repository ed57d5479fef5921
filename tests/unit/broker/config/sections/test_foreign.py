"""Sections of other programs."""

from collections.abc import Mapping
from pathlib import Path

from broker.config.context import Context
from broker.config.diagnostics import Report
from broker.config.sections.foreign import judge_foreign, path_of


def test_paths_as_they_are_spelled() -> None:
    assert path_of("web.sites.shop.origins[12]") == ("web", "sites", "shop", "origins", 12)
    assert path_of("web") == ("web",)


def test_only_what_is_there_is_judged() -> None:
    seen: list[object] = []

    def judge(table: object, _beside: Path, _environ: Mapping[str, str]) -> list[tuple[str, str]]:
        seen.append(table)
        return [("web.listen", "is wrong")]

    report = Report("f", {})
    context = Context(environ={}, base=Path(), judges={"web": judge})
    judge_foreign({}, report, context)
    assert report.faults == []
    judge_foreign({"web": {"listen": 1}}, report, context)
    assert seen == [{"listen": 1}]
    assert [(fault.member, fault.text) for fault in report.faults] == [("web.listen", "is wrong")]
    judge_foreign({"web": {}}, Report("f", {}), Context(environ={}, base=Path()))
    assert len(seen) == 1
