"""One judgement in a few lines: the probability with its interval, what was decided, and what moved it most. Pure."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text
from wrenchai_contracts.judgement_views import Contribution, QualityView
from wrenchai_contracts.judging import percent

from wrenchai.cli.plain_text import told

_MOST_MOVERS = 4
_RULE = "rule: "
_LEAST = 0.05

UNCALIBRATED = "no: people have confirmed too few of its judgements to take its probabilities at their word"


def quality_line(quality: QualityView) -> Text:
    """The judgement, never without its interval."""
    low, high = quality.interval
    return Text.assemble(
        (_two_digits(quality.quality), "bold"),
        f", {quality.level:.0%} sure between {_two_digits(low)} and {_two_digits(high)}: {quality.decision}",
    )


def _two_digits(probability: float) -> str:
    """What is not certain is never told as if it were."""
    rounded = f"{probability:.2f}"
    return ">0.99" if rounded == "1.00" and probability < 1.0 else rounded


def quality_facts(quality: QualityView, task_id: str) -> Iterator[tuple[str, RenderableType]]:
    """Name and value of each fact; old judgements have reasons only."""
    yield "quality", quality_line(quality)
    yield from _how(quality) if quality.losses else _reasons(quality)
    for word in quality.words:
        change = f"{percent(word.before)} -> {percent(word.after)}"
        yield "people said", told(f"{word.verdict} ({word.by}): {change}", "green" if word.verdict == "good" else "red")
    if quality.not_measured:
        yield "not measured", Text(", ".join(quality.not_measured), "yellow")
    if not quality.calibrated:
        yield "calibrated", Text(UNCALIBRATED, "yellow")
    if wants_a_word(quality):
        why = "drawn at random" if quality.audited else "it would not decide this"
        yield "asks people", Text(f"{why}: wrenchai verdict {task_id} good, or bad", "yellow")


def wants_a_word(quality: QualityView) -> bool:
    """Whether a person is asked about it, and none has spoken."""
    return (quality.audited or quality.decision == "escalate") and not quality.words and bool(quality.losses)


def moved_by(contributions: tuple[Contribution, ...], most: int = _MOST_MOVERS) -> str:
    """`links.lychee +3.9 dB, html.validate -2.0 dB, and 3 more`."""
    moved = [one for one in contributions if abs(one.decibans) >= _LEAST]
    named = [f"{one.judge} {one.decibans:+.1f} dB" for one in moved[:most]]
    more = [f"and {len(moved) - most} more"] if len(moved) > most else []
    return ", ".join([*named, *more])


def decision_line(reasons: tuple[str, ...]) -> str:
    """The reason that says what was decided and at which losses; rules stand before it."""
    return next((reason for reason in reasons if not reason.startswith(_RULE)), "")


def _how(quality: QualityView) -> Iterator[tuple[str, RenderableType]]:
    yield "decision", told(decision_line(quality.reasons))
    for rule in quality.rules:
        yield "rule", told(rule, "yellow")
    if quality.prior is not None:
        yield "by whose work", Text(f"{percent(quality.prior)} before anybody looked")
    if moved := moved_by(quality.contributions):
        yield "moved by", told(moved)
    if quality.parts:
        yield "made of", told(", ".join(f"{path} {percent(p)}" for path, p in quality.parts.items()))


def _reasons(quality: QualityView) -> Iterator[tuple[str, RenderableType]]:
    for reason in quality.reasons:
        yield "", told(reason, "dim")
