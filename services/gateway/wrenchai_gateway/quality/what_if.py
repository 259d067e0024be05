"""Recorded decisions made anew with other costs, from what was known when each was made. Pure.

What was learnt stays as recorded: probabilities do not hang on costs, so every state is folded once more as it was, and
only what follows from a probability is worked out anew. No judge is asked for it.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from wrenchai_chassis.log import Stored
from wrenchai_contracts.commands import OtherCosts
from wrenchai_contracts.envelope import Recorded, Undecodable, unseal
from wrenchai_contracts.events import EvidenceLearned
from wrenchai_contracts.judging import Subject
from wrenchai_contracts.quality_views import WhatIfChange, WhatIfExample, WhatIfView
from wrenchai_judgement.knowledge import Found, Knowledge
from wrenchai_judgement.replaying import carry_on

from wrenchai_gateway.quality.ledger import is_entry

MOST_EXAMPLES = 20


@dataclass(slots=True)
class WhatIf:
    """The stream of what was learnt, folded once more; decisions since a moment are made anew on the way."""

    tenant: str
    costs: OtherCosts
    since: datetime | None = None
    knowledge: Knowledge = field(init=False)
    position: int = 0
    decisions: int = 0
    unpriced: int = 0
    kept: float = 0.0
    anew: float = 0.0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[tuple[float, int, WhatIfExample]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.tenant)

    def fold(self, rows: Sequence[Stored]) -> None:
        """Carry on over the next events."""
        for row in rows:
            self.position = row.position
            try:
                recorded = unseal(row.position, row.state)
            except Undecodable:
                self.knowledge.version = row.version
                continue
            event = recorded.event
            if isinstance(event, EvidenceLearned) and self._is_asked(recorded, event):
                self._decide_anew(recorded, event)
            carry_on(self.knowledge, event, recorded.version)

    @property
    def view(self) -> WhatIfView:
        """What came of it."""
        pairs = sorted(self.pairs.items(), key=lambda item: (item[0][0] == item[0][1], -item[1], item[0]))
        return WhatIfView(
            costs=self.costs.model_dump(exclude_none=True),
            since=self.since,
            decisions=self.decisions,
            changed=sum(count for (was, now), count in pairs if was != now),
            matrix=tuple(WhatIfChange(was=was, now=now, count=count) for (was, now), count in pairs),
            loss_kept=self.kept,
            loss_anew=self.anew,
            unpriced=self.unpriced,
            examples=tuple(example for _, _, example in sorted(self.examples, reverse=True)),
            position=self.position,
        )

    def _is_asked(self, recorded: Recorded, event: EvidenceLearned) -> bool:
        return not is_entry(event) and (self.since is None or recorded.at >= self.since)

    def _decide_anew(self, recorded: Recorded, event: EvidenceLearned) -> None:
        found = self.knowledge.judge(with_costs(event.subject, self.costs))
        was, now = event.decision, found.decision.action
        self.decisions += 1
        self.pairs[was, now] += 1
        losses = found.decision.losses
        if was in losses and now in losses:
            self.kept += losses[was]
            self.anew += losses[now]
        else:
            self.unpriced += 1
        if was != now:
            self._remember(_example(recorded, event, found))

    def _remember(self, example: WhatIfExample) -> None:
        """Keep those that would have mattered most."""
        saved = (example.loss_of_was or 0.0) - (example.loss_of_now or 0.0)
        entry = saved, self.decisions, example
        if len(self.examples) < MOST_EXAMPLES:
            heapq.heappush(self.examples, entry)
        else:
            heapq.heappushpop(self.examples, entry)


def with_costs(subject: Subject, costs: OtherCosts) -> Subject:
    """The same result, where mistakes cost something else."""
    given = costs.model_dump(exclude_none=True)
    return subject.model_copy(update={"costs": subject.costs.model_copy(update=given)}) if given else subject


def _example(recorded: Recorded, event: EvidenceLearned, found: Found) -> WhatIfExample:
    losses = found.decision.losses
    return WhatIfExample(
        task_id=event.task_id,
        step=event.step,
        at=recorded.at,
        quality=found.whole.probability,
        was=event.decision,
        now=found.decision.action,
        loss_of_was=losses.get(event.decision),
        loss_of_now=losses.get(found.decision.action),
    )
