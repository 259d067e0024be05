"""Asking GitHub's REST API about a repository: one host, https only, and an answer for every refusal."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import Field
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.facts import Consulted, Found

API = "https://api.github.com"
TOKEN_SETTING = "WRENCHAI_GITHUB_TOKEN"  # noqa: S105  # the setting's name, not a token
MAX_ANSWER = 1024 * 1024
MAX_REDIRECTS = 3
OWN_WORDS = re.compile(r"^/([A-Za-z0-9-]{1,39})/([A-Za-z0-9._-]{1,100})$")


class GithubFacts(Frozen):
    """What the API said, and why it said no more."""

    found: tuple[Found, ...] = ()
    language_bytes: dict[str, int] = Field(default={})
    consulted: tuple[Consulted, ...] = ()
    notes: tuple[str, ...] = ()


class _Answer(Frozen):
    body: Any = None
    consulted: Consulted
    note: str | None = None


def repository_name(address: str) -> str | None:
    """`owner/name` of a repository page on github.com; None for any other address."""
    parts = urlsplit(address)
    words = OWN_WORDS.match(parts.path.rstrip("/").removesuffix(".git"))
    if parts.hostname not in {"github.com", "www.github.com"} or words is None or set(words[2]) == {"."}:
        return None
    return f"{words[1]}/{words[2]}"


def github_client(token: str, *, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Open a client that carries the token; it follows no redirect by itself, so the token stays with the host."""
    return httpx.Client(
        base_url=API,
        timeout=10.0,
        follow_redirects=False,
        transport=transport,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "wrenchai",
        },
    )


def repository_facts(client: httpx.Client, name: str) -> GithubFacts:
    """Ask for a repository and its languages; a refusal becomes a note, never an error."""
    about = _get(client, f"/repos/{name}")
    if not isinstance(about.body, dict):
        return GithubFacts(consulted=(about.consulted,), notes=(about.note or "GitHub's answer was not understood",))
    languages = _get(client, f"/repos/{name}/languages")
    return GithubFacts(
        found=_found(about.body),
        language_bytes=_byte_counts(languages.body),
        consulted=(about.consulted, languages.consulted),
        notes=(languages.note,) if languages.note else (),
    )


def _get(client: httpx.Client, path: str) -> _Answer:
    """Get a path, following at most a few redirects that stay on the API's host."""
    address = httpx.URL(API).join(path)
    for _ in range(MAX_REDIRECTS + 1):
        if not _is_the_api(address):
            break
        answer, following = _once(client, address)
        if following is None:
            return answer
        address = following
    note = "GitHub redirected elsewhere; its answer was not used"
    return _Answer(consulted=Consulted(address=f"{API}{path}", status=None), note=note)


def _once(client: httpx.Client, address: httpx.URL) -> tuple[_Answer, httpx.URL | None]:
    shown = str(address)
    try:
        with client.stream("GET", address) as response:
            body = _limited(response)
    except httpx.HTTPError as error:
        note = f"GitHub could not be reached ({type(error).__name__})"
        return _Answer(consulted=Consulted(address=shown, status=None), note=note), None
    consulted = Consulted(address=shown, status=response.status_code, etag=response.headers.get("etag"))
    if response.is_redirect and (place := response.headers.get("location")):
        return _Answer(consulted=consulted), address.join(place)
    return _Answer(body=body, consulted=consulted, note=_refusal(response)), None


def _limited(response: httpx.Response) -> Any:
    """Read a JSON body of bounded size; None for an error, a bigger body, or no JSON."""
    if response.status_code != httpx.codes.OK:
        return None
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_the_api(address: httpx.URL) -> bool:
    return address.scheme == "https" and address.host == "api.github.com" and address.port is None


def _refusal(response: httpx.Response) -> str | None:
    """Say why there is no answer."""
    status = response.status_code
    if status == httpx.codes.OK:
        return None
    if status == httpx.codes.NOT_FOUND:
        return "GitHub knows no such repository, or the token may not see it"
    if status == httpx.codes.UNAUTHORIZED:
        return f"GitHub refused the token in {TOKEN_SETTING}"
    if status == httpx.codes.TOO_MANY_REQUESTS or response.headers.get("x-ratelimit-remaining") == "0":
        return "GitHub's rate limit is used up"
    return f"GitHub answered with HTTP status {status}"


def _found(about: dict[str, Any]) -> tuple[Found, ...]:
    source = "github.api"
    license_id = (about.get("license") or {}).get("spdx_id") if isinstance(about.get("license"), dict) else None
    candidates: list[tuple[Any, Any]] = [
        ("stars", about.get("stargazers_count")),
        ("forks", about.get("forks_count")),
        ("created", _day(about.get("created_at"))),
        ("pushed", _day(about.get("pushed_at"))),
        ("license", license_id if license_id != "NOASSERTION" else None),
        *(("topic", topic) for topic in about.get("topics") or () if isinstance(topic, str)),
    ]
    return tuple(Found(name=name, value=value, source=source) for name, value in candidates if _usable(value))


def _usable(value: object) -> bool:
    return (isinstance(value, str) and bool(value)) or (isinstance(value, int) and not isinstance(value, bool))


def _day(moment: object) -> str | None:
    """`2024-05-06T07:08:09Z` as `2024-05-06`."""
    return moment[:10] if isinstance(moment, str) and re.match(r"\d{4}-\d\d-\d\d", moment) else None


def _byte_counts(languages: object) -> dict[str, int]:
    if not isinstance(languages, dict):
        return {}
    return {name: count for name, count in languages.items() if isinstance(count, int) and count > 0}
