"""What a tool's process is given of its worker's environment: what programs need, and the secrets it declared."""

from collections.abc import Collection, Mapping
from pathlib import Path

_NEEDED = {
    "PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS",
    "WRENCHAI_CHROMIUM", "WRENCHAI_PROJECT_ROOTS",
}  # fmt: skip
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
"""Programs read them in either case."""

_FAMILIES = ("LC_", "npm_config_", "NPM_CONFIG_")


def tool_environment(ours: Mapping[str, str], shared: Path, *, secrets: Collection[str] = ()) -> dict[str, str]:
    """`ours` as a tool may see it; of what is secret only what `secrets` names, and only where it is set."""
    passed = {name: value for name, value in ours.items() if _is_needed(name) or name in secrets}
    return {"npm_config_cache": str(shared / "npm-cache"), "PYTHONUNBUFFERED": "1", **passed}


def _is_needed(name: str) -> bool:
    return name in _NEEDED or name.upper() in _PROXIES or name.startswith(_FAMILIES)
