"""Judges against each other: a table of which the answer is published (B9), and anybody's own labels (`--labels`)."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from wrenchai_judgement.crowd import Crowd, Floats, Gold, Labels, fit, temperature, usual_temperature, vote_shares

from benchmarks.inspector.label_file import read
from benchmarks.inspector.scores import Bar, bar

ANAESTHETISTS = Path(__file__).with_name("anaesthetists.csv")
"""Fitness for anaesthesia (1 to 4) of 45 patients, by five anaesthetists, the first of whom reported three times:
table 1 of A. P. Dawid and A. M. Skene, Maximum likelihood estimation of observer error-rates using the EM algorithm,
Journal of the Royal Statistical Society, Series C 28 (1979), 20-28."""

PUBLISHED = (0.40, 0.42, 0.11, 0.07)
"""How frequent each level is, in the paper's two digits; with three: .400, .422, .112, .067."""

PREVALENCE, LOG_LIKELIHOOD = (0.400, 0.422, 0.112, 0.067), -192.89
_PREVALENCE_WITHIN, _LOG_LIKELIHOOD_WITHIN = 0.005, 0.05

SMOOTHING = 8.0
"""Of the judge model on labels whose judges may have seen few tasks; hardly matters where they have seen many."""

TAUGHT, FEWEST_GOLD = 0.1, 10
"""Which share of the gold is learnt from, and how many tasks must have gold for that."""

_CLEAR, _BINS = 1e-6, 10


def b9() -> Bar:
    """The maximum likelihood estimate on the anaesthetists' table."""
    crowd = fit(anaesthetists())
    off = np.abs(crowd.prevalence - PREVALENCE).max()
    return bar(
        "anaesthetists: prevalence within .005 of .400/.422/.112/.067, log likelihood -192.89 +- .05",
        holds=off <= _PREVALENCE_WITHIN and abs(crowd.log_likelihood - LOG_LIKELIHOOD) <= _LOG_LIKELIHOOD_WITHIN,
        prevalence=crowd.prevalence.tolist(),
        log_likelihood=crowd.log_likelihood,
        first_observer=crowd.confusion[0].diagonal().tolist(),
    )


def anaesthetists() -> Labels:
    """The table of Dawid and Skene; an anaesthetist who reported three times counts as the same judge three times."""
    with ANAESTHETISTS.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    observers = {name: number for number, name in enumerate(dict.fromkeys(header[1:]))}
    said = [
        (int(patient) - 1, observers[name], int(level) - 1)
        for patient, *levels in rows
        for name, level in zip(header[1:], levels, strict=True)
    ]
    task, judge, level = np.array(said).T
    return Labels(task, judge, level, tasks=len(rows), judges=len(observers), levels=len(PUBLISHED))


class Told(NamedTuple):
    """How good somebody's chances were, on tasks with gold: shares of right ones, nats, expected calibration error."""

    accuracy: float
    log_loss: float
    ece: float


def labels(path: Path, seed: int = 1) -> dict[str, Any]:
    """Majority vote and the judge model, without gold and with a tenth of it, all scored on the rest of the gold.

    Where fewer than ten tasks have gold, nothing is learnt from it; where none has, nothing can be scored, and what
    remains is how frequent the levels are and how often vote and model agree. Raises `LabelsRejected`.
    """
    file = read(path)
    taught, asked = _parted(file.gold, seed)
    without = fit(file.labels, smoothing=SMOOTHING)
    votes = vote_shares(file.labels, smoothing=1.0)
    found: dict[str, Any] = {
        "tasks": file.labels.tasks,
        "judges": file.labels.judges,
        "reports": len(file.labels.task),
        "levels": dict(zip(file.levels, without.prevalence.round(4).tolist(), strict=True)),
        "agreement": float((votes.argmax(axis=1) == without.chances().argmax(axis=1)).mean()),
        "gold": {"learnt_from": len(taught), "scored_on": len(asked)},
    }
    if asked:
        found["majority vote"] = scored(votes, asked)._asdict()
        usual = usual_temperature(file.labels)
        found["judge model"] = {**scored(without.chances(usual), asked)._asdict(), "temperature": usual}
    if taught:
        found["judge model with gold"] = _with_gold(file.labels, without, taught, asked)
    return found


def _with_gold(labels: Labels, without: Crowd, taught: Gold, asked: Gold) -> dict[str, float]:
    warmth = temperature(labels, without, taught)
    informed = fit(labels, smoothing=SMOOTHING, gold=taught)
    return {**scored(informed.chances(warmth), asked)._asdict(), "temperature": warmth}


def _parted(gold: Gold, seed: int) -> tuple[Gold, Gold]:
    """What is learnt from, and what is scored on, drawn by `seed`."""
    if len(gold) < FEWEST_GOLD:
        return {}, gold
    drawn = np.random.default_rng(seed).permutation(list(gold)).tolist()
    many = round(TAUGHT * len(drawn))
    return {task: gold[task] for task in drawn[:many]}, {task: gold[task] for task in drawn[many:]}


def scored(chances: Floats, gold: Gold) -> Told:
    """The scores of `chances`, shape (tasks, levels), on the tasks of `gold`; equal favourites share what is right."""
    asked, right = chances[list(gold)], list(gold.values())
    favourite = asked >= asked.max(axis=1, keepdims=True) - 1e-12
    hit = favourite[range(len(right)), right] / favourite.sum(axis=1)
    surprise = -np.log(np.clip(asked[range(len(right)), right], _CLEAR, 1.0))
    return Told(float(hit.mean()), float(surprise.mean()), _calibration_error(asked.max(axis=1), hit))


def _calibration_error(confidence: Floats, hit: Floats) -> float:
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    off = [abs(confidence[bins == b].sum() - hit[bins == b].sum()) for b in range(_BINS)]
    return float(sum(off) / len(hit))


def show_labels(found: dict[str, Any]) -> None:
    """What `labels` found, as a table for people."""
    console, gold = Console(width=100), found["gold"]
    title = f"{found['reports']:,} reports of {found['judges']:,} judges on {found['tasks']:,} tasks"
    if not gold["scored_on"]:
        console.print(f"{title}; none has gold, so nothing can be scored")
        console.print(f"vote and model agree on {found['agreement']:.1%}; levels by the model: {found['levels']}")
        return
    told = f"scored on {gold['scored_on']:,} tasks with gold, {gold['learnt_from']:,} others learnt from"
    table = Table("", title=f"{title}; {told}")
    for name in Told._fields:
        table.add_column(name.replace("_", " "), justify="right")
    for who in ("majority vote", "judge model", "judge model with gold"):
        if who in found:
            table.add_row(who, *_three_digits(found[who]))
    console.print(table)


def _three_digits(told: dict[str, float]) -> Sequence[str]:
    return [f"{told[name]:.3f}" for name in Told._fields]
