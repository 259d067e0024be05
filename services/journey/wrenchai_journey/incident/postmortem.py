"""A post-mortem in Markdown: what is known, from where, and what people must still find out; pure."""

import re
from collections.abc import Iterator, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.incident.analysis import Analysis, Finding
from wrenchai_journey.incident.areas import Diagnosis
from wrenchai_journey.portfolio.checks.report import counted

MAX_CHECKS = 15
_BLANK = re.compile(r"\n{3,}")


class Handed(Frozen):
    """A finding, the specialist that it went to (null: none), and what that one said (null: nothing)."""

    to: str | None
    part: Finding
    output: Diagnosis | None


def headline(title: str, analysis: Analysis) -> str:
    """One sentence that says what happened."""
    impact = analysis.impact
    if impact is None:
        return f"{title}: no burst of errors; {counted(len(analysis.findings), 'kind')} of errors and warnings"
    return f"{title}: {counted(impact.errors, 'error')} from {impact.begins} to {impact.ends}"


def markdown(title: str, analysis: Analysis, handed: Sequence[Handed]) -> str:
    """The whole document."""
    parts = (
        _summary(title, analysis), _timeline(analysis), _causes(handed), _by_area(handed), _actions(handed),
        _unknown(analysis, handed),
    )  # fmt: skip
    return _BLANK.sub("\n\n", "\n".join(line for part in parts for line in part) + "\n")


def _summary(title: str, analysis: Analysis) -> Iterator[str]:
    yield f"# Post-mortem: {title}"
    yield ""
    yield headline(title, analysis) + "."
    yield ""
    yield f"The log reaches from {analysis.begins or 'an unknown time'} to {analysis.ends or 'an unknown time'} (UTC)."
    if analysis.impact is not None:
        usual = f"usually {analysis.usual:g} errors in {analysis.interval} s; at the peak {analysis.impact.peak}"
        yield f"Impact window: {analysis.impact.begins} to {analysis.impact.ends}; {usual}."


def _timeline(analysis: Analysis) -> Iterator[str]:
    moments = [(one.begins, f"burst begins: {one.errors} errors until {one.ends}") for one in analysis.bursts]
    moments += [(one.begins, f"silence of {one.seconds:g} s until {one.ends}") for one in analysis.gaps]
    moments += [
        (one.first_at, f"first `{_code(one.template)}` (line {one.first_line}, {counted(one.count, 'time')})")
        for one in analysis.findings
        if one.part != "beside" and one.first_at
    ]
    yield from _heading("Timeline")
    for at, what in sorted(moments):
        yield f"- {at} {what}"
    if not moments:
        yield "Nothing has a time."


def _causes(handed: Sequence[Handed]) -> Iterator[str]:
    yield from _heading("What may have been first")
    causes = [one for one in handed if one.part.part == "first_cause"]
    for one in causes:
        before = one.part.seconds_before or 0.0
        when = f"{before:.0f} s before the impact" if before > 0 else "as the impact began"
        yield f"- `{_code(one.part.template)}` ({one.part.area}, line {one.part.first_line}): new {when}. {_said(one)}"
    if not causes:
        yield "No kind of message was new shortly before a burst."


def _by_area(handed: Sequence[Handed]) -> Iterator[str]:
    yield from _heading("Findings by area")
    for area in sorted({one.part.area for one in handed}):
        yield ""
        yield f"### {area.capitalize()}"
        yield ""
        for one in handed:
            if one.part.area == area:
                where = f"{one.part.component}: " if one.part.component else ""
                yield f"- {where}`{_code(one.part.template)}`, {counted(one.part.count, 'time')}. {_said(one)}"
    if not handed:
        yield "None: the log has neither errors nor warnings."


def _actions(handed: Sequence[Handed]) -> Iterator[str]:
    yield from _heading("To be looked at")
    checks = [check for one in handed if one.output and one.output.is_known for check in one.output.checks]
    for check in list(dict.fromkeys(checks))[:MAX_CHECKS]:
        yield f"- [ ] {check}"
    yield "- [ ] Write down who was harmed, and how: a log does not say."


def _unknown(analysis: Analysis, handed: Sequence[Handed]) -> Iterator[str]:
    yield from _heading("Not known")
    yield from (f"- {reason}" for reason in analysis.not_measured)
    unclear = [one for one in handed if one.output is None or not one.output.is_known]
    yield f"- {counted(len(unclear), 'finding')} of {len(handed)} without a known cause"
    if analysis.left_out:
        yield f"- {analysis.left_out} more kinds of messages that nobody looked at"
    yield "- that something came first does not make it the cause; these are candidates"


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""


def _said(handed: Handed) -> str:
    if handed.output is None:
        return "Nobody looked at it." if handed.to is None else f"{handed.to} came to nothing."
    return handed.output.cause


def _code(text: str) -> str:
    return text.replace("`", "'")
