"""Compare declared dependencies with what a package index knows, if one is named and answers."""

from collections.abc import Mapping, Sequence

import httpx
from packaging.version import Version
from pydantic import Field

from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude, unmeasured
from wrenchai_journey.portfolio.fields import WebLink
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, copy_in, declarations
from wrenchai_journey.repository_audit.declared import Declared
from wrenchai_journey.repository_audit.pins import OUTDATED, OUTDATED_DIMENSION, newest_of, outdated_report
from wrenchai_journey.tool import ToolRun, tool

ACCEPTED = "application/vnd.pypi.simple.v1+json"
SECONDS = 10.0
MAX_NAMES = 500
NO_INDEX = "no index was named: what is outdated cannot be known without one"


class IndexInputs(CheckoutInputs):
    """Where the copy lies, and which index to ask."""

    index: WebLink | None = Field(
        default=None, description="Address of a package index with the simple API in JSON (PEP 691)."
    )


@tool(
    name="audit.outdated",
    summary="Compares declared dependencies with a package index.",
    inputs=IndexInputs,
    outputs=Verdict,
)
def outdated(inputs: IndexInputs, run: ToolRun) -> Verdict:
    """Ask the index for each name once; when it does not answer, nothing was measured."""
    declared = [one for one in declarations(copy_in(run, inputs.directory)) if isinstance(one, Declared)]
    judges = [(OUTDATED, OUTDATED_DIMENSION)]
    if inputs.index is None:
        return unmeasured(run, "outdated", NO_INDEX, judges=judges)
    names = sorted({one.name for one in declared})
    unknown: dict[str, str] = dict.fromkeys(names[MAX_NAMES:], f"only the first {MAX_NAMES} names were asked for")
    with httpx.Client(timeout=SECONDS, follow_redirects=True, headers={"Accept": ACCEPTED}) as client:
        newest = _newest(client, inputs.index, names[:MAX_NAMES], unknown, run)
    return conclude(run, "outdated", [outdated_report(declared, newest, unknown=unknown)])


def _newest(
    client: httpx.Client, index: str, names: Sequence[str], unknown: dict[str, str], run: ToolRun
) -> Mapping[str, Version]:
    """The newest version of each name; why one is not known is added to `unknown`. A silent index is asked once."""
    newest: dict[str, Version] = {}
    for number, name in enumerate(names):
        run.progress(number / len(names), f"asking for {name}")
        try:
            found = newest_of(_versions(client.get(f"{index.rstrip('/')}/{name}/")))
        except httpx.TransportError as silent:
            unknown.update(dict.fromkeys(names[number:], f"the index does not answer: {type(silent).__name__}"))
            break
        except (httpx.HTTPStatusError, ValueError, TypeError, KeyError):
            found = None
        if found is None:
            unknown[name] = "the index knows no version of it"
        else:
            newest[name] = found
    return newest


def _versions(answer: httpx.Response) -> list[str]:
    """Versions of the simple API: its own list, else those in the names of source archives."""
    answer.raise_for_status()
    return [str(version) for version in answer.json()["versions"]]
