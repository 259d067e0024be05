"""`python -m tests.simulation SEED [COUNT]`: run seeds, tell what each one does and what is wrong with it."""

import sys
import time

from tests.simulation.random_runs import Run, run_seed


def main(first: int, count: int = 1) -> int:
    """Show a single run in full, or only the bad ones of many; the exit code says whether there were any."""
    started, bad = time.perf_counter(), 0
    for seed in range(first, first + count):
        run = run_seed(seed)
        bad += bool(run.problems)
        if count == 1 or run.problems:
            sys.stdout.write("\n".join([*(_story(run) if count == 1 else ()), f"seed {seed}:", *run.problems, ""]))
    rate = count / (time.perf_counter() - started)
    sys.stdout.write(f"{count} runs, {bad} bad, {rate:.1f} runs/s\n")
    return min(bad, 1)


def _story(run: Run) -> list[str]:
    events = [f"{e.position:5} {e.at:%M:%S.%f} {e.actor:15} {e.id:28} {e.type} {e.event!s:.120}" for e in run.events]
    return [str(run.faults), *(str(order)[:400] for order in run.orders), *events]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
