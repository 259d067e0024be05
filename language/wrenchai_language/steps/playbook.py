"""A `standard` step with `playbook`: its steps, pinned by digest, with inputs and a budget of their own. Pure."""

from dataclasses import replace

from wrenchai_contracts.plan import PlannedPlaybook
from wrenchai_contracts.steps import StandardStep

from wrenchai_language.input_schema import with_defaults
from wrenchai_language.ordering import last_of, needs_of
from wrenchai_language.secret_inputs import referring
from wrenchai_language.steps.costs import limits_of, tighter
from wrenchai_language.steps.inside import Inside


def node(step: StandardStep, wanted: str, inside: Inside) -> PlannedPlaybook:
    """The playbook in full, as it is on the shelf just now; its roles are its own."""
    inner = inside.others[wanted]
    budget = tighter(limits_of(step.cost), limits_of(inner.budget))
    within = replace(inside, role=None, limited=inside.limited or budget.any, after=())
    return PlannedPlaybook(
        **inside.own_facts(step),
        playbook=inner.name,
        version=inner.version,
        digest=inner.digest(),
        inputs=dict(referring(inner.inputs, with_defaults(inner.inputs, step.inputs))),
        body=within.compile_body(inner.steps, needs_of(inner.steps), within),
        result_from=last_of(inner.steps),
        budget=budget,
    )
