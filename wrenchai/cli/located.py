"""What is wrong in a file, as editors and compilers say it: `file:line:column: field: reason`."""

from wrenchai_contracts.catalogue_views import PlaybookProblem
from wrenchai_contracts.errors import FieldProblem


def located(file: str, problem: FieldProblem | PlaybookProblem, kind: str = "") -> str:
    """One line that an editor can jump by; `kind` says what it is, if it is no error."""
    place = ":".join(str(part) for part in (file, problem.line, problem.column) if part is not None)
    return ": ".join(part for part in (place, kind, problem.field, problem.reason) if part)
