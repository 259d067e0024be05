"""Whether what was fitted may be used from now on: rules about the sampler and about the last outcomes. Pure."""

from wrenchai_inspector.refresh.request import Fitted

MOST_RHAT = 1.03
"""Chains that differ more have not all found the same."""

LEAST_ESS = 100
"""Fewer effective draws do not tell a mean to a tenth of its standard deviation."""

MOST_DIVERGING = 0.01
"""Share of draws; more, and part of the posterior was not reached."""

SCORED_ON = 500
"""How many of the last outcomes the log scores are of."""


def why_refused(fitted: Fitted, log_score_before: float, log_score_after: float) -> str | None:
    """Why `fitted` is not to be used, or None. Log scores are mean ln P(what came) of the last `SCORED_ON` outcomes.

    What is no number is refused.
    """
    if not fitted.rhat <= MOST_RHAT:
        return f"the chains disagree: R-hat {fitted.rhat:.3f}, at most {MOST_RHAT} is allowed"
    if not fitted.ess >= LEAST_ESS:
        return f"too few effective draws: {fitted.ess:.0f}, at least {LEAST_ESS} are needed"
    if not fitted.divergences <= MOST_DIVERGING * fitted.draws * fitted.chains:
        return f"{fitted.divergences} of {fitted.draws * fitted.chains} draws diverged, {MOST_DIVERGING:.0%} may"
    if not log_score_after >= log_score_before:
        return (
            f"the last {SCORED_ON} outcomes would have been foretold worse: "
            f"log score {log_score_after:.4f}, now {log_score_before:.4f}"
        )
    return None
