"""Judges as instruments: how often each is right of good and of bad results, and whether it tells anything. Pure."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

import numpy as np
from wrenchai_contracts.judging import decibans
from wrenchai_contracts.quality_views import AgreementView, FamilyView, JudgesView, JudgeView, LevelView
from wrenchai_judgement.beta import Beta
from wrenchai_judgement.judges import JudgeTable
from wrenchai_judgement.weighing import KINSHIP

from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.ledger import Ledger

USEFUL_FROM = 0.1
"""Sensitivity + specificity - 1 (Youden's J): a judge with no more than this is hardly better than a coin."""

LATELY = 20
_DRAWS = 4000
_LEVEL = 0.9


def judges_view(known: Known) -> JudgesView:
    """All judges, those with most reports first, and their families."""
    tables = sorted(known.knowledge.judges.tables.items(), key=lambda item: (-item[1].reports, item[0]))
    items = tuple(_judge(key, table, known.ledger) for key, table in tables)
    return JudgesView(items=items, families=tuple(_families(known.ledger)), position=known.position)


def upper_half(levels: int) -> int:
    """The level from which on a judge calls a result good: passed of two; four and five of five."""
    return (levels + 1) // 2


def _judge(key: str, table: JudgeTable, ledger: Ledger) -> JudgeView:
    name, _, rest = key.rpartition("@")
    cut = upper_half(len(table.good))
    sensitive = Beta(sum(table.good[cut:]), sum(table.good[:cut]))
    specific = Beta(sum(table.bad[:cut]), sum(table.bad[cut:]))
    agreed = [(level >= cut) == (said.verdict == "good") for level, said in ledger.of_judge(key)]
    drifted = [alarm.at for alarm in ledger.alarms if alarm.event.subject == f"judge:{key}"]
    return JudgeView(
        judge=name,
        version=rest.rpartition("/")[0],
        scale=table.scale,
        family=ledger.families.get(key, ""),
        reports=table.reports,
        sensitivity=sensitive.mean,
        sensitivity_interval=sensitive.interval(_LEVEL),
        specificity=specific.mean,
        specificity_interval=specific.interval(_LEVEL),
        levels=tuple(_levels(table)),
        information=information(table),
        useful=useful(key, sensitive, specific),
        price=ledger.prices.get(key),
        with_people=_agreement(agreed),
        lately=_agreement(agreed[-LATELY:]),
        drifted=drifted[-1] if drifted else None,
    )


def useful(seed: str, sensitive: Beta, specific: Beta) -> float:
    """P(sensitivity + specificity - 1 > `USEFUL_FROM`), by seeded draws from both."""
    chance = np.random.Generator(np.random.PCG64(int.from_bytes(sha256(seed.encode()).digest()[:16], "big")))
    both = chance.beta(sensitive.a, sensitive.b, _DRAWS) + chance.beta(specific.a, specific.b, _DRAWS)
    return float(np.mean(both - 1.0 > USEFUL_FROM))


def information(table: JudgeTable) -> float:
    """Decibans that it moves even odds by, on average, either way: the mean of |log likelihood ratio|."""
    return sum(table.chance(level, 0.5) * abs(decibans(table.ratio(level))) for level in range(len(table.good)))


def _levels(table: JudgeTable) -> Iterable[LevelView]:
    good, bad = sum(table.good), sum(table.bad)
    for level in range(len(table.good)):
        yield LevelView(
            level=level,
            good=table.good[level] / good,
            bad=table.bad[level] / bad,
            decibans=decibans(table.ratio(level)),
        )


def _agreement(agreed: Sequence[bool]) -> AgreementView:
    return AgreementView(agreed=sum(agreed), of=len(agreed))


def _families(ledger: Ledger) -> Iterable[FamilyView]:
    """What m judges of one family are worth: m / (1 + (m - 1) rho) independent ones."""
    for family, counted in sorted(ledger.together.items()):
        judges = tuple(sorted(key for key, its in ledger.families.items() if its == family))
        many = counted["reports"] / counted["results"]
        yield FamilyView(name=family, judges=judges, together=many, votes=many / (1.0 + (many - 1.0) * KINSHIP))
