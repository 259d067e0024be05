"""Language shares by bytes: our own small table of extensions, and the sums; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Literal, NamedTuple

from pydantic import Field
from wrenchai_contracts.shape import Frozen

from wrenchai_journey.portfolio.content import LanguageShare, Slug

MAX_SHOWN = 6
"""Languages shown by name; the rest is one share called Other."""

OTHER = "Other"
OTHER_COLOR = "#8a8f98"

IGNORED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", "node_modules", "bower_components", "vendor", "third_party", ".venv", "venv", "env",
    "site-packages", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs",
    "dist", "build", "out", "target", ".next", ".docusaurus", ".cache", "coverage", "htmlcov", ".idea", ".vscode",
})  # fmt: skip
IGNORED_FILES = frozenset({
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "uv.lock",
    "pdm.lock", "pipfile.lock", "cargo.lock", "composer.lock", "gemfile.lock", "go.sum",
})  # fmt: skip
GENERATED_ENDINGS = (".min.js", ".min.css", ".bundle.js", ".map", "_pb2.py", ".pb.go", ".designer.cs")


class Language(NamedTuple):
    """A language and the colour GitHub shows it in."""

    name: str
    color: str


class ProjectLanguages(Frozen):
    """A project's languages, who counted them, and over how many files."""

    slug: Slug
    shares: tuple[LanguageShare, ...] = ()
    files: int = Field(default=0, ge=0)
    counted_by: Literal["linguist-js", "extensions", "nobody"] = "nobody"
    notes: tuple[str, ...] = ()


PYTHON = Language("Python", "#3572A5")
JAVASCRIPT = Language("JavaScript", "#f1e05a")
TYPESCRIPT = Language("TypeScript", "#3178c6")
SHELL = Language("Shell", "#89e051")
CPP = Language("C++", "#f34b7d")

BY_ENDING: Mapping[str, Language] = {
    ".py": PYTHON, ".pyi": PYTHON, ".pyx": Language("Cython", "#fedf5b"),
    ".js": JAVASCRIPT, ".mjs": JAVASCRIPT, ".cjs": JAVASCRIPT, ".jsx": JAVASCRIPT,
    ".ts": TYPESCRIPT, ".tsx": TYPESCRIPT, ".mts": TYPESCRIPT,
    ".vue": Language("Vue", "#41b883"), ".svelte": Language("Svelte", "#ff3e00"),
    ".html": Language("HTML", "#e34c26"), ".css": Language("CSS", "#663399"),
    ".scss": Language("SCSS", "#c6538c"), ".mdx": Language("MDX", "#fcb32c"),
    ".sh": SHELL, ".bash": SHELL, ".zsh": SHELL, ".ps1": Language("PowerShell", "#012456"),
    ".c": Language("C", "#555555"), ".h": Language("C", "#555555"),
    ".cc": CPP, ".cpp": CPP, ".cxx": CPP, ".hpp": CPP,
    ".cs": Language("C#", "#178600"), ".go": Language("Go", "#00ADD8"), ".rs": Language("Rust", "#dea584"),
    ".java": Language("Java", "#b07219"), ".kt": Language("Kotlin", "#A97BFF"),
    ".scala": Language("Scala", "#c22d40"), ".swift": Language("Swift", "#F05138"),
    ".rb": Language("Ruby", "#701516"), ".php": Language("PHP", "#4F5D95"), ".pl": Language("Perl", "#0298c3"),
    ".lua": Language("Lua", "#000080"), ".r": Language("R", "#198CE7"), ".jl": Language("Julia", "#a270ba"),
    ".ipynb": Language("Jupyter Notebook", "#DA5B0B"), ".sql": Language("PLpgSQL", "#336790"),
    ".ex": Language("Elixir", "#6e4a7e"), ".exs": Language("Elixir", "#6e4a7e"),
    ".hs": Language("Haskell", "#5e5086"), ".ml": Language("OCaml", "#ef7a08"), ".zig": Language("Zig", "#ec915c"),
    ".dart": Language("Dart", "#00B4AB"), ".tf": Language("HCL", "#844FBA"), ".nix": Language("Nix", "#7e7eff"),
}  # fmt: skip
BY_NAME: Mapping[str, Language] = {
    "dockerfile": Language("Dockerfile", "#384d54"), "makefile": Language("Makefile", "#427819"),
    "justfile": Language("Just", "#384d54"), "cmakelists.txt": Language("CMake", "#DA3434"),
}  # fmt: skip
COLORS: Mapping[str, str] = {lang.name: lang.color for lang in (*BY_ENDING.values(), *BY_NAME.values())}


def is_written_by_people(path: PurePath) -> bool:
    """Whether a file counts: no lock file, nothing minified or generated. Folders are judged while walking."""
    name = path.name.lower()
    return name not in IGNORED_FILES and not name.endswith(GENERATED_ENDINGS)


def language_of(path: PurePath) -> Language | None:
    """Name the language by the file's name or ending; None for data, prose and what is not known."""
    return BY_NAME.get(path.name.lower()) or BY_ENDING.get(path.suffix.lower())


def count_bytes(files: Iterable[tuple[PurePath, int]]) -> dict[str, int]:
    """Sum the sizes of files per language."""
    sums: Counter[str] = Counter()
    for path, size in files:
        language = language_of(path)
        if language is not None and is_written_by_people(path):
            sums[language.name] += size
    return dict(sums)


def shares(sizes: Mapping[str, int], colors: Mapping[str, str] = COLORS) -> tuple[LanguageShare, ...]:
    """Turn bytes into percent with one decimal that add up to exactly 100, the biggest first.

    Rounding is by largest remainder; a language too small for 0.1 % joins Other.
    """
    ranked = sorted(((size, name) for name, size in sizes.items() if size > 0), key=lambda pair: (-pair[0], pair[1]))
    shown = [(name, size) for size, name in ranked[:MAX_SHOWN]]
    rest = sum(size for size, _ in ranked[MAX_SHOWN:])
    named = [*shown, (OTHER, rest)] if rest else shown
    tenths = _largest_remainder([size for _, size in named], 1000)
    return tuple(
        LanguageShare(name=name, percent=part / 10, color=colors.get(name, COLORS.get(name, OTHER_COLOR)))
        for (name, _), part in zip(named, tenths, strict=True)
        if part > 0
    )


def _largest_remainder(sizes: list[int], total: int) -> list[int]:
    """Split `total` in proportion to `sizes`, in whole numbers (Hamilton's method)."""
    whole = sum(sizes)
    if whole == 0:
        return []
    parts = [size * total // whole for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (-(sizes[i] * total % whole), i))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
