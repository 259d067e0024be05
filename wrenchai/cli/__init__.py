"""The command line: `wrenchai` alone shows what there is."""

import sys
from collections.abc import Sequence

from wrenchai_contracts.errors import WrenchError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with one of the codes in `wrenchai.cli.exit_codes`."""
    from wrenchai.cli.app import app  # noqa: PLC0415  # nothing heavier than an error class before it is known what for

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="wrenchai")
    except WrenchError as error:
        from wrenchai.cli.ending import end  # noqa: PLC0415  # only when something went wrong

        end(error, as_json="--json" in given)
