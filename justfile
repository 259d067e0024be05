# One command each. `just` alone lists them. Needs Python 3.11 or newer; everything else it brings itself.

set shell := ["bash", "-euo", "pipefail", "-c"]

python := env("PYTHON", "python3")
bin := justfile_directory() / ".venv/bin"

[private]
default:
    @just --list --unsorted

# Build the portfolio of examples/portfolio.yaml with everything real, and serve it. Ctrl-C stops all.
[group('start')]
demo *options: _environment
    {{ bin }}/wrenchai demo {{ options }}

# Start Postgres, NATS and all services here; data stays for the next time.
[group('start')]
up *options: _environment
    {{ bin }}/wrenchai up {{ options }}

# Stop what `just up` started.
[group('start')]
down: _environment
    {{ bin }}/wrenchai down

# Every test: unit, contract, integration, system (real services, real kills), history.
[group('quality')]
test *options: _environment
    {{ bin }}/pytest {{ options }}

# Tests without I/O: seconds.
[group('quality')]
unit *options: _environment
    {{ bin }}/pytest tests/unit tests/history {{ options }}

# Kill everything, again and again: each fault point, forty random kills, a bus that loses all. `just faults 10`.
[group('quality')]
faults times="1": _environment
    #!/usr/bin/env bash
    set -euo pipefail
    for round in $(seq {{ times }}); do
        export WRENCHAI_CHAOS_SEED=$RANDOM
        echo "round $round of {{ times }}, WRENCHAI_CHAOS_SEED=$WRENCHAI_CHAOS_SEED"
        {{ bin }}/pytest -q --no-header --tb=short --show-capture=no tests/system/test_{kill_at_every_point,kill_after_command,chaos,parking,drain,housekeeping}.py
    done

# Lint, format, types, floors, schemas, locks: what must hold besides the tests.
[group('quality')]
check: _environment
    {{ bin }}/ruff check
    {{ bin }}/ruff format --check
    {{ bin }}/mypy
    {{ bin }}/lint-imports
    {{ bin }}/python -m wrenchai_contracts.schemas --check contracts/schemas
    {{ bin }}/python deploy/locks/check.py

# Format and mend what a machine can mend.
[group('quality')]
format: _environment
    {{ bin }}/ruff check --fix
    {{ bin }}/ruff format

# Measure: `just bench core`, `just bench append --library`. A table, then one JSON object on the last line.
[group('quality')]
bench *what: _environment
    {{ bin }}/python -m benchmarks {{ what }}

# Lock all dependencies anew, with hashes and without addresses.
[group('maintain')]
locks: _uv
    #!/usr/bin/env bash
    set -euo pipefail
    lock() { {{ bin }}/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet "$@"; }
    lock --extra local --output-file deploy/locks/local.txt
    for service in gateway orchestrator journey inspector; do lock --extra "$service" --output-file "deploy/locks/$service.txt"; done
    lock --extra local --group dev --output-file deploy/locks/dev.txt

# Write the golden JSON Schemas of all messages anew.
[group('maintain')]
schemas: _environment
    {{ bin }}/python -m wrenchai_contracts.schemas contracts/schemas

# The virtual environment as locked; does nothing when it is up to date.
[private]
_environment:
    #!/usr/bin/env bash
    set -euo pipefail
    stamp=".venv/.locked-$(cat deploy/locks/dev.txt pyproject.toml | sha256sum | cut -c1-16)"
    [ -e "$stamp" ] && exit 0
    echo "setting up .venv from deploy/locks/dev.txt (once)" >&2
    just _uv
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r deploy/locks/dev.txt
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps -e .
    touch "$stamp"

# A virtual environment with uv in it.
[private]
_uv:
    #!/usr/bin/env bash
    set -euo pipefail
    {{ python }} -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/it") if sys.version_info < (3, 11) else None'
    [ -x .venv/bin/python ] || {{ python }} -m venv .venv
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv
