"""Name the licence of a repository and of the dependencies it declares, as far as their metadata is installed."""

from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name
from pydantic import Field

from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude
from wrenchai_journey.portfolio.licenses import FILES
from wrenchai_journey.portfolio.project_directory import project_directory, read_inside
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, copy_in, declarations
from wrenchai_journey.repository_audit.declared import Declared
from wrenchai_journey.repository_audit.licence_names import (
    NOT_INSTALLED,
    Licence,
    licence_in,
    licences_report,
    own_licence,
)
from wrenchai_journey.tool import ToolRun, tool

MAX_TEXT = 64 * 1024


class LicenceInputs(CheckoutInputs):
    """Where the copy lies, which licences are not wanted, and where installed packages are to be looked for."""

    refused: tuple[str, ...] = Field(
        default=("GPL-2.0", "GPL-3.0", "AGPL-3.0"), max_length=100, description="Licences no dependency may have."
    )
    site_packages: str | None = Field(
        default=None, description="Directory of installed packages; without one those of this worker."
    )
    base_directory: str | None = Field(default=None, description="Where a relative path begins.")


@tool(
    name="audit.licences",
    summary="Names the licences of a repository and of its dependencies.",
    inputs=LicenceInputs,
    outputs=Verdict,
)
def licences(inputs: LicenceInputs, run: ToolRun) -> Verdict:
    """Ask the metadata of what is installed; what is not installed is not measured, and named."""
    copy = copy_in(run, inputs.directory)
    declared = {one.name: one for one in declarations(copy) if isinstance(one, Declared)}
    run.progress(0.3, f"{len(declared)} dependencies are declared")
    installed = _installed(inputs)
    others = [_licence(one, installed.get(name)) for name, one in sorted(declared.items())]
    own = own_licence(read_inside(copy, "pyproject.toml") or "", _own_texts(copy))
    where = "packages of this worker" if inputs.site_packages is None else inputs.site_packages
    return conclude(run, "licences", [licences_report(own, others, refused=inputs.refused, where=where)])


def _installed(inputs: LicenceInputs) -> dict[str, Distribution]:
    if inputs.site_packages is None:
        found = distributions()
    else:
        directory = project_directory(inputs.site_packages, base=inputs.base_directory, field="site_packages")
        found = distributions(path=[str(directory)])
    return {canonicalize_name(one.name): one for one in found if one.name}


def _licence(declared: Declared, installed: Distribution | None) -> Licence:
    if installed is None:
        return Licence(subject=declared.name, name=None, source=NOT_INSTALLED, place=declared.place)
    named = licence_in(installed.metadata, _texts(installed))
    if named is None:
        return Licence(subject=declared.name, name=None, source="its metadata names no licence", place=declared.place)
    return Licence(subject=declared.name, name=named[0], source=named[1], place=declared.place)


def _texts(installed: Distribution) -> list[tuple[str, str]]:
    """Its licence files, by their names in the distribution."""
    names = [path for path in installed.files or () if path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))]
    places = [(path.name, Path(str(path.locate()))) for path in names]
    return [(name, _beginning(place)) for name, place in places if place.is_file()]


def _own_texts(copy: Path) -> list[tuple[str, str]]:
    return [(name, text) for name in FILES if (text := read_inside(copy, name))]


def _beginning(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(MAX_TEXT).decode("utf-8", errors="replace")
