"""What people are told of the evidence behind a judgement, and what of that which nobody could measure."""

import io
from typing import Any

from rich.console import Console
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.judgement_views import Contribution, QualityView
from wrenchai_contracts.views import StepStatus, StepView, TaskStatus, TaskView

from tests.live_frames import BEGAN, TASK
from wrenchai.cli.evidence_table import evidence
from wrenchai.cli.task_page import page

LINKS = Evidence(judge="links.lychee", dimension="links", passed=859, tried=859, summary="no broken link")
HTML = Evidence(judge="html.validate", dimension="html", passed=7, tried=9, summary="2 pages nest <div> in <code>")
BUILD = Evidence(
    judge="build.docusaurus", dimension="build", passed=0, tried=1, mandatory=True, summary="a broken link"
)
AXE = Evidence(judge="axe", dimension="accessibility", passed=0, tried=0, summary="no Chromium found")
JUDGED = QualityView(
    quality=0.8,
    interval=(0.7, 0.9),
    level=0.9,
    decision="escalate",
    dimensions={"accessibility": (0.5, 0.05, 0.95), "links": (0.98, 0.94, 0.999)},
    not_measured=("axe",),
)


def a_task(*facts: Evidence, **others: Any) -> TaskView:
    """A task whose checks ran side by side and left one fact each; the last that was dispatched is told first."""
    steps = [
        StepView(
            journey=f"check.{place}",
            step=f"check_{place}",
            role="examiner",
            tool="check",
            status=StepStatus.COMPLETED,
            order=place,
            dispatched_at=BEGAN,
            evidence=(fact,),
        )
        for place, fact in enumerate(facts)
    ]
    return TaskView(
        task_id=TASK,
        tenant="default",
        status=TaskStatus.COMPLETED,
        playbook="portfolio",
        description="",
        progress=1.0,
        created_at=BEGAN,
        updated_at=BEGAN,
        created_position=1,
        position=30,
        steps=tuple(reversed(steps)),
        **others,
    )


def shown(task: TaskView, *, width: int = 120) -> list[str]:
    console = Console(record=True, width=width, height=40, file=io.StringIO(), legacy_windows=False)
    console.print(evidence(task, console))
    return [" ".join(line.split()) for line in console.export_text().splitlines()]


def test_each_fact_names_judge_dimension_counts_and_finding_in_the_order_of_the_steps() -> None:
    assert shown(a_task(LINKS, HTML, BUILD))[1:] == [
        "✓ links.lychee links 859 of 859 no broken link",
        "! html.validate html 7 of 9 2 pages nest <div> in <code>",
        "✗ build.docusaurus build 0 of 1 a broken link",
    ]


def test_what_was_not_measured_says_so_and_why_and_never_that_it_passed() -> None:
    said_by_itself = AXE.model_copy(update={"judge": "axe.too", "summary": "not measured: no Chromium found"})
    assert shown(a_task(AXE, said_by_itself))[1:] == [
        "· axe accessibility not measured: no Chromium found",
        "· axe.too accessibility not measured: no Chromium found",
    ]


def test_each_dimension_has_its_interval_and_an_unmeasured_one_no_figure() -> None:
    lines = shown(a_task(LINKS, AXE, quality=JUDGED))
    assert lines[-3:] == [
        "dimension quality 90% sure between",
        "accessibility not measured 0.05 and 0.95",
        "links 0.98 0.94 and 1.00",
    ]


def test_a_new_judgement_shows_what_moved_it_instead_of_dimensions() -> None:
    moved = (
        Contribution(judge="html.validate", dimension="html", decibans=-2.04),
        Contribution(judge="links.lychee", dimension="links", decibans=3.9),
    )
    judged = JUDGED.model_copy(update={"dimensions": {}, "contributions": moved})
    assert shown(a_task(LINKS, HTML, quality=judged))[-3:] == [
        "judge dimension moved the odds by",
        "html.validate html -2.0 dB",
        "links.lychee links +3.9 dB",
    ]


def test_a_judgement_by_nothing_that_was_measured_shows_neither() -> None:
    judged = JUDGED.model_copy(update={"dimensions": {}})
    assert shown(a_task(AXE, quality=judged))[-1] == "· axe accessibility not measured: no Chromium found"


def test_a_task_that_measured_nothing_says_so() -> None:
    assert shown(a_task()) == ["no evidence: none of its steps measured anything"]


def test_a_long_finding_is_folded_and_not_cut() -> None:
    long = LINKS.model_copy(update={"summary": "word " * 60 + "end"})
    assert "end" in " ".join(shown(a_task(long), width=80))


def test_what_a_check_says_is_text_and_cannot_paint_the_terminal() -> None:
    rude = LINKS.model_copy(update={"summary": "[red]\x1b[31mred\x1b[0m"})
    assert shown(a_task(rude))[1].endswith("[red]red")


def test_the_page_of_a_task_holds_its_evidence() -> None:
    console = Console(record=True, width=120, height=40, file=io.StringIO())
    console.print(page(a_task(LINKS), console))
    assert "links.lychee" in console.export_text()
