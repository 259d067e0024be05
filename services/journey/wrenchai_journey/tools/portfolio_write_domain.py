"""Write the file that tells GitHub Pages the site's own domain."""

from wrenchai_journey.portfolio.publishing import DOMAIN_FILE, PUBLICATION, Addition, Part, domain_file
from wrenchai_journey.tool import ToolFailed, ToolRun, ToolShape, tool


class DomainInputs(ToolShape):
    """The part of the publication that needs it."""

    part: Part


@tool(
    name="portfolio.write_domain",
    summary="Writes the file that names the site's own domain.",
    inputs=DomainInputs,
    outputs=Addition,
)
def write_domain(inputs: DomainInputs, run: ToolRun) -> Addition:
    """Lay it where the packer finds it."""
    if inputs.part.domain is None:
        reason = f"the part {inputs.part.name} names no domain"
        raise ToolFailed(reason, kind="domain_missing")
    file = f"{PUBLICATION}/{DOMAIN_FILE}"
    (run.workspace / PUBLICATION).mkdir(exist_ok=True)
    (run.workspace / file).write_text(domain_file(inputs.part.domain), encoding="utf-8")
    return Addition(path=DOMAIN_FILE, file=file)
