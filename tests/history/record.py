"""`python -m tests.history.record RELEASE`: keep the logs that today's code writes, before it is released."""

import json
import shutil
import sys
from typing import Any

from tests.history.recorded_log import OUTCOMES, RELEASES, outcomes_of, write_log
from tests.history.scenarios import SCENARIOS
from tests.simulation.seeded_time import run_in_virtual_time


def record(release: str) -> None:
    """Write one log for each scenario, and what each came to, in place of what was recorded for that release."""
    directory = RELEASES / release
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    outcomes: dict[str, Any] = {}
    for name, scenario in SCENARIOS.items():
        aftermath = run_in_virtual_time(scenario.play(name))
        if aftermath.deaths:
            raise SystemExit(f"{name}: {aftermath.deaths}")
        write_log(directory / f"{name}.jsonl", aftermath.rows)
        outcomes[name] = outcomes_of((row.position, row.state) for row in aftermath.rows)
    (directory / OUTCOMES).write_text(json.dumps(outcomes, indent=2) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
