"""Look for secrets in a repository's files; a finding has a fingerprint, never the secret."""

from wrenchai_journey.portfolio.checks.report import CheckReport, Excused, Finding, counted, finding, not_measured
from wrenchai_journey.portfolio.checks.verdict import Verdict, conclude
from wrenchai_journey.repository_audit.checkout import CheckoutInputs, below, copy_in, files_of, text_of
from wrenchai_journey.repository_audit.secrets_found import Leak, leaks_in
from wrenchai_journey.tool import ToolRun, tool

JUDGE, DIMENSION = "secrets.rules", "secrets"
MAX_LEAKS = 2000


@tool(
    name="audit.secrets",
    summary="Looks for secrets in a repository's files.",
    inputs=CheckoutInputs,
    outputs=Verdict,
)
def secrets(inputs: CheckoutInputs, run: ToolRun) -> Verdict:
    """Read every text file once; big and binary ones are left out, and counted."""
    copy = copy_in(run, inputs.directory)
    leaks: list[Leak] = []
    read, left_out, clean = 0, 0, 0
    for path in files_of(copy):
        text = text_of(path)
        if text is None:
            left_out += 1
            continue
        found = list(leaks_in(below(copy, path), text))
        read, clean = read + 1, clean + (not any(not leak.excused for leak in found))
        leaks += found[: MAX_LEAKS - len(leaks)]
    run.progress(1.0, f"{counted(read, 'file')} read")
    return conclude(run, "secrets", [_report(leaks, read, clean, left_out=left_out)])


def _report(leaks: list[Leak], read: int, clean: int, *, left_out: int) -> CheckReport:
    if read == 0:
        return not_measured(JUDGE, DIMENSION, "the repository has no text file")
    findings = tuple(_finding(leak) for leak in leaks if not leak.excused)
    excused = tuple(
        Excused(finding=_finding(leak), reason="its line says `pragma: allowlist secret`")
        for leak in leaks
        if leak.excused
    )
    said = f"{counted(read, 'text file')}, {counted(len(findings), 'secret')}, {len(excused)} excused; "
    return CheckReport(
        judge=JUDGE, judge_version="1", dimension=DIMENSION, passed=clean, tried=read, mandatory=True,
        summary=f"{said}{left_out} big or binary files left out; the history was not looked at",
        findings=findings, excused=excused,
    )  # fmt: skip


def _finding(leak: Leak) -> Finding:
    return finding(f"{leak.path}:{leak.line}", leak.rule, f"fingerprint {leak.fingerprint}; revoke it, then remove it")
