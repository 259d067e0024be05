"""Check the user's form and bring it into its normal form."""

from pydantic import Field
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.shape import JsonObject, Sha256

from wrenchai_journey.portfolio.form import PortfolioForm, Whereabouts, digest, normal_form, notes
from wrenchai_journey.portfolio.form_errors import FormRejected
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool


class ValidateInputs(ToolShape):
    """The form as parsed from its YAML file."""

    form: JsonObject = Field(description="title, description, projects; and what else the person wants to say.")


class Validated(ToolShape):
    """The normal form; equal forms have equal digests."""

    form: PortfolioForm
    entries: tuple[Whereabouts, ...] = Field(description="All that gets a page as a project does, list by list.")
    local: tuple[Whereabouts, ...] = Field(description="Those of them that have a directory on this machine.")
    sha256: Sha256
    notes: tuple[str, ...] = Field(description="Nothing wrong, but worth knowing before publishing.")


@tool(
    name="portfolio.validate_form",
    summary="Checks the portfolio form and gives its normal form.",
    inputs=ValidateInputs,
    outputs=Validated,
)
def validate_form(inputs: ValidateInputs, run: ToolRun) -> Validated:
    """Refuse a form with every field error at once; people mend them in one go."""
    try:
        form = normal_form(inputs.form)
    except FormRejected as rejected:
        run.evidence(_checked(0, f"{len(rejected.errors)} fields refused"))
        raise ToolFailed(str(rejected), kind="form_rejected") from None
    entries = tuple(entry.whereabouts for entry in form.entries)
    run.evidence(_checked(1, f"{len(entries)} projects, {len(form.articles)} articles"))
    local = tuple(entry for entry in entries if entry.path is not None)
    return Validated(form=form, entries=entries, local=local, sha256=digest(form), notes=notes(form))


def _checked(passed: int, summary: str) -> Evidence:
    return Evidence(judge="portfolio.form", dimension="form", passed=passed, tried=1, mandatory=True, summary=summary)
