"""What is known before anybody looks: a Gaussian over additive effects of role, tool, playbook and pair. Pure fold.

The logit of P(acceptable) of one execution is

    eta = base + role + tool + playbook + pair + form(tool) + cell,

each effect normal around 0 with a spread of its own (`Spreads`), the base around `BASE`. `form` is how a tool has done
of late: an Ornstein-Uhlenbeck process over executions. `cell`, what is left of this one combination, is not kept; it
only widens. Learning is assumed density filtering (Minka 2001): moment matching of eta under a soft verdict
(`exact.moments`), projected back onto the effects by m += c (m' - m_eta) / v_eta and
S += c c' (v' - v_eta) / v_eta^2 with c = S x. A name that was never seen is its prior: a cold start needs no special
case.

Arithmetic is elementwise only, so that the same events give the same bits on every machine.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wrenchai_judgement.exact import Moments, matched, moments, normal_below, soft_verdict, summed

Vector = NDArray[np.float64]

BASE = 1.2
"""The expected logit of an execution of which nothing is known: three out of four are acceptable."""

HALF_LIFE = 500
"""Executions after which half of a tool's recent form is forgotten."""

FORGET = 1.0
"""Variance that an abrupt change of a tool (drift) adds to its effect."""

MOVED = 0.5
"""Logits by which its level is looked for further on: half of the shift suspected, for some alarms are false.

Runs until a tool that fell is known again, medians over five sets of eight made-up worlds: 67, 51, 49, 56, 52 without,
63, 48, 47, 52, 50 with it, at the same error overall.
"""

RENEWED = 0.25
"""Variance that a new version of a tool adds to its effect."""

MOST_ROWS = 400
"""Effects that one tenant may have; pairs not used for longest go first."""

_KEEP = 0.9986146661010289  # 2^(-1/HALF_LIFE); powers are the C library's, so they are written out
_FLOOR = 1e-6
_LEAST_LEFT = 0.1
"""Of a precision, when a wider prior takes some of it away: what must stay, whatever rounding and forgetting did."""

BASE_ROW = "base"


class Spreads(NamedTuple):
    """Standard deviations (logits) of the effects. These stand until the background model has learnt better ones."""

    base: float = 1.0
    role: float = 0.5
    tool: float = 0.7
    playbook: float = 0.6
    pair: float = 0.4
    form: float = 0.25
    cell: float = 0.25


AS_GIVEN = Spreads()
"""Before anything was learnt about them."""


class Place(NamedTuple):
    """Where an execution stands: the names whose effects add up. `pair` is role x tool unless it says otherwise."""

    role: str
    tool: str
    playbook: str
    pair: str = ""

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of its effects, in the order in which they are told."""
        return _rows_of(self)


@lru_cache(maxsize=4096)
def _rows_of(place: Place) -> tuple[str, ...]:
    """Asked for many times while one result is judged."""
    return (
        BASE_ROW,
        f"role:{place.role}",
        f"tool:{place.tool}",
        f"playbook:{place.playbook}",
        f"pair:{place.pair or f'{place.role} x {place.tool}'}",
        f"form:{place.tool}",
    )


def kind_of(row: str) -> str:
    """Which kind of effect a row is, e.g. `role`."""
    return row.partition(":")[0]


class _Seen(NamedTuple):
    """Which effects of a place were seen before, and what the prior says of the others."""

    at: NDArray[np.intp]
    """Where their means lie."""
    mean: float
    """Of all that were never seen, together."""
    variance: float
    widest: float
    """The prior variance of all effects, seen and unseen."""


class Expected(NamedTuple):
    """What the context alone says of one execution's logit. `variance` includes the cell's."""

    mean: float
    variance: float


@dataclass(slots=True)
class ContextModel:
    """theta ~ N(m, S) over all effects seen so far; `m` has shape (D,), `S` (D, D)."""

    spreads: Spreads = AS_GIVEN
    rows: dict[str, int] = field(default_factory=dict)
    m: Vector = field(default_factory=lambda: np.zeros(0))
    S: Vector = field(default_factory=lambda: np.zeros((0, 0)))
    keep: Vector = field(default_factory=lambda: np.zeros(0))
    """What one tick leaves of each row: less than all of recent form, all of what lasts."""
    kept: Vector = field(default_factory=lambda: np.zeros((0, 0)))
    """What one tick leaves of each entry of `S`."""
    fresh: Vector = field(default_factory=lambda: np.zeros(0))
    """The variance that one tick adds to each row."""
    used: dict[str, int] = field(default_factory=dict)
    """When each pair was last seen, in executions learnt."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many executions each row has learnt from."""
    learnt: int = 0
    _asked: dict[Place, tuple[Expected, Vector]] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was looked up since the last change: it is asked for more than once while one result is judged."""
    _moved: Vector = field(default_factory=lambda: np.zeros(0), init=False, compare=False, repr=False)
    """What was learnt last has moved `S` by the outer product of this vector with itself."""
    _places: dict[Place, _Seen] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The places asked for since rows were last added or dropped."""

    @classmethod
    def restored(
        cls,
        spreads: Spreads,
        rows: dict[str, int],
        moments: tuple[Vector, Vector],
        counts: tuple[dict[str, int], dict[str, int], int],
    ) -> "ContextModel":
        """The model that once had these rows, means and covariances, pairs used, outcomes, executions learnt."""
        used, outcomes, learnt = counts
        model = cls(spreads, rows, *moments, used=used, outcomes=outcomes, learnt=learnt)
        model._know_priors()
        return model

    def copy(self) -> "ContextModel":
        """The same, to try something out on."""
        counts = (dict(self.used), dict(self.outcomes), self.learnt)
        return ContextModel.restored(self.spreads, dict(self.rows), (self.m.copy(), self.S.copy()), counts)

    # --- asking ------------------------------------------------------------------------------------------

    def expected(self, place: Place) -> Expected:
        """The logit's mean and variance at `place`; names never seen count with their prior. Changes nothing."""
        return self._look(place)[0]

    def effects(self, place: Place) -> dict[str, float]:
        """What each effect adds to the logit at `place`."""
        return {row: self._mean(row) for row in place.rows}

    def probability_better(self, one: Place, other: Place) -> float:
        """P(the rate of `one` is above that of `other`), exact under the Gaussian."""
        mean, variance = self.difference(one, other)
        if variance <= 0:
            return 0.5
        return normal_below(mean / math.sqrt(variance))

    def difference(self, one: Place, other: Place) -> Expected:
        """The mean and variance of the logit of `one` minus that of `other`."""
        signs = dict.fromkeys(one.rows, 1.0)
        for row in other.rows:
            signs[row] = signs.get(row, 0.0) - 1.0
        signed = [(row, sign) for row, sign in signs.items() if sign]
        mean = variance = 0.0
        for row, sign in signed:
            mean += sign * self._mean(row)
            for second, its in signed:
                variance += sign * its * self.covariance(row, second)
        return Expected(mean, variance)

    def covariance(self, one: str, other: str) -> float:
        """Of two effects; of one that was never seen its prior's."""
        if one in self.rows and other in self.rows:
            return float(self.S[self.rows[one], self.rows[other]])
        return self._prior(one) if one == other else 0.0

    def shared(self, one: Place, other: Place) -> float:
        """The covariance of the logits of two places, without the cells' own."""
        _, column = self._look(one)
        value = math.fsum(float(column[self.rows[row]]) for row in other.rows if row in self.rows)
        new = set(one.rows) & set(other.rows) - set(self.rows)
        return value + math.fsum(self._prior(row) for row in sorted(new))

    def fingerprint(self) -> bytes:
        """The means, and by how much the last learning has moved all covariances, as little-endian doubles."""
        return b"".join([part.astype("<f8", copy=False).tobytes() for part in (self.m, self._moved)])

    # --- learning ----------------------------------------------------------------------------------------

    def tick(self) -> None:
        """One more execution has passed: what tools did of late counts a little less."""
        self._asked.clear()
        self.m *= self.keep
        self.S *= self.kept
        self.S.ravel()[:: len(self.rows) + 1] += self.fresh

    def learn(self, place: Place, ratio: float) -> Moments:
        """Learn from one execution whose evidence says `ratio` (nats, for acceptable); its moments."""
        self.learnt += 1
        self._make_room(place)
        self._count(place, 1)
        found = moments(*self.expected(place), ratio)
        self._project(place, found.mean, found.variance)
        return found

    def relearn(self, place: Place, before: float, after: float) -> None:
        """A verdict came later: what the execution says is `after`, not `before`. It is the same one, not a second.

        The likelihood is the ratio of the two soft ones, (p e^after + 1 - p) / (p e^before + 1 - p), by the same
        quadrature. Only of one that had said nothing (`before` is 0) this is what is learnt first.
        """
        self._make_room(place)
        self._count(place, 0 if before else 1)
        was, now = soft_verdict(before), soft_verdict(after)
        self._project(place, *matched(*self.expected(place), lambda p: now(p) / was(p)))

    def widen(self, row: str, variance: float, towards: float = 0.0) -> None:
        """Forget the level of one effect so far, and look for it further on; what it shares with others stays."""
        self._asked.clear()
        if row in self.rows:
            self.m[self.rows[row]] += towards
            self.S[self.rows[row], self.rows[row]] += variance

    def respread(self, spreads: Spreads) -> None:
        """Change the priors' spreads under everything learnt: the posterior times the new prior over the old one.

        For each effect of precision 1/s0^2 before and 1/s1^2 now a rank-one change by Sherman and Morrison. A wider
        prior takes precision away, never so much that less than a tenth of the effect's own is left.
        """
        for row, place in self.rows.items():
            was, now = self._prior(row), self._prior(row, spreads)
            change = 1.0 / now - 1.0 / was
            own = float(self.S[place, place])
            left = max(1.0 + change * own, _LEAST_LEFT)
            change = (left - 1.0) / own
            column = self.S[:, place].copy()
            self.m -= column * (change / left * (float(self.m[place]) - self._mean_of(row)))
            self.S -= (column[:, None] * column[None, :]) * (change / left)
        self.spreads = spreads
        self._know_priors()

    # --- inside ------------------------------------------------------------------------------------------

    def _seen(self, place: Place) -> _Seen:
        if place not in self._places:
            self._places[place] = self._look_for(place)
        return self._places[place]

    def _look_for(self, place: Place) -> _Seen:
        at = np.array([self.rows[row] for row in place.rows if row in self.rows], dtype=np.intp)
        new = [row for row in place.rows if row not in self.rows]
        mean, variance = summed(self._mean_of(row) for row in new), summed(self._prior(row) for row in new)
        return _Seen(at, mean, variance, summed(self._prior(row) for row in place.rows))

    def _look(self, place: Place) -> tuple[Expected, Vector]:
        """What is expected at `place`, and S x: the sum of its rows of `S`, added one after the other."""
        if place not in self._asked:
            at, mean, variance, _ = self._seen(place)
            column = np.zeros(len(self.rows))
            for row in at.tolist():
                column += self.S[row]
            mean += math.fsum(self.m.take(at).tolist())
            variance += math.fsum(column.take(at).tolist())
            self._asked[place] = Expected(mean, variance + _squared(self.spreads.cell)), column
        return self._asked[place]

    def _project(self, place: Place, mean: float, variance: float) -> None:
        """Move the effects so that eta at `place` has this mean and variance.

        Contradictory evidence may widen it, but not beyond what it was before anything was learnt.
        """
        expected, column = self._look(place)
        self._asked.clear()
        widest = self._seen(place).widest + _squared(self.spreads.cell)
        variance = min(variance, max(expected.variance, widest))
        self.m += column * ((mean - expected.mean) / expected.variance)
        column *= math.sqrt(abs(variance - expected.variance)) / expected.variance
        self._moved, outer = column, column[:, None] * column[None, :]
        if variance < expected.variance:
            self.S -= outer
        else:
            self.S += outer
        if self.learnt % 1000 == 0:
            every = np.arange(len(self.rows))
            self.S[every, every] = np.maximum(self.S[every, every], _FLOOR)

    def _make_room(self, place: Place) -> None:
        """Add the rows of `place` that were never seen, with their prior."""
        rows = place.rows
        if len(self._seen(place).at) < len(rows):
            fresh = [row for row in rows if row not in self.rows]
            self._forget_pairs(len(self.rows) + len(fresh) - MOST_ROWS, keep=rows)
            self._add(fresh)
        self.used[rows[4]] = self.learnt

    def _count(self, place: Place, executions: int) -> None:
        for row in place.rows:
            self.outcomes[row] = self.outcomes.get(row, 0) + executions

    def _add(self, fresh: list[str]) -> None:
        size = len(self.rows)
        wider = np.zeros((size + len(fresh), size + len(fresh)))
        wider[:size, :size] = self.S
        for row in fresh:
            place = self.rows[row] = len(self.rows)
            wider[place, place] = self._prior(row)
        self.S = wider
        self.m = np.concatenate([self.m, [self._mean_of(row) for row in fresh]])
        self._know_priors()

    def _forget_pairs(self, many: int, keep: Iterable[str]) -> None:
        """Drop the pairs that were not used for longest: marginalising a Gaussian is leaving rows out."""
        kept = set(keep)
        old = sorted((used, row) for row, used in self.used.items() if row not in kept)[: max(0, many)]
        if not old:
            return
        gone = {row for _, row in old}
        stay = [place for row, place in self.rows.items() if row not in gone]
        self.m, self.S = self.m[stay], np.ascontiguousarray(self.S[np.ix_(stay, stay)])
        names = [row for row in self.rows if row not in gone]
        self.rows = {row: place for place, row in enumerate(names)}
        self._know_priors()
        for row in gone:
            del self.used[row], self.outcomes[row]

    def _know_priors(self) -> None:
        """What follows from which rows there are, and from their spreads."""
        self._asked.clear()
        self._places.clear()
        fades = np.array([kind_of(row) == "form" for row in self.rows])
        self.keep = np.where(fades, _KEEP, 1.0)
        self.kept = self.keep[:, None] * self.keep[None, :]
        self.fresh = np.where(fades, (1.0 - _KEEP * _KEEP) * _squared(self.spreads.form), 0.0)

    def _mean(self, row: str) -> float:
        return float(self.m[self.rows[row]]) if row in self.rows else self._mean_of(row)

    @staticmethod
    def _mean_of(row: str) -> float:
        return BASE if row == BASE_ROW else 0.0

    def _prior(self, row: str, spreads: Spreads | None = None) -> float:
        return _squared(float(getattr(spreads or self.spreads, kind_of(row))))


def _squared(value: float) -> float:
    """Multiplied: what `**` gives may differ in its last bit from machine to machine."""
    return value * value
