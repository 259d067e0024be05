"""A real document is translated and reviewed until nothing grave is left."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from wrenchai_journey.tool import ToolFailed

EXAMPLES = Path(__file__).parents[3] / "examples"
ASKED = yaml.safe_load((EXAMPLES / "translate-and-review.yaml").read_text())
GRAVE = {"major", "critical"}


def agreed(use: Any, opened: dict[str, Any]) -> tuple[list[int], dict[str, Any]]:
    """Grave findings of each round, and the last translation; as the playbook's loop does."""
    grave: list[int] = []
    translated: dict[str, Any] = {"document": None}
    review: list[dict[str, Any]] = []
    for iteration in range(1, 6):
        translated = use("text.translate", iteration=iteration, before=translated["document"], review=review)
        review = use("text.review", source=opened["source"], translation=translated["document"])["findings"]
        grave.append(sum(1 for found in review if found["severity"] in GRAVE))
        if grave[-1] == 0:
            break
    return grave, translated


def test_translator_and_reviewer_agree_after_three_rounds(use: Any, run: Any) -> None:
    opened = use("text.open", base_directory=str(EXAMPLES), document=ASKED["document"], glossary=ASKED["glossary"])
    assert (opened["lines"], opened["headings"], opened["code_lines"], opened["links"]) == (27, 3, 5, 2)
    grave, translated = agreed(use, opened)
    assert (len(grave), grave[-1], grave == sorted(grave, reverse=True)) == (3, 0, True)
    delivered = use("text.deliver", translated=translated, language="de")
    assert (delivered["by"], delivered["untranslated"]) == ("glossary", [23])
    assert delivered["severities"].keys() == {"info", "minor"}
    text = run.kept["translation.de.md"].decode()
    assert "wrenchai up --port 8700" in text
    assert "[Sicherung](#sicherung)" in text
    assert "## Sicherung" in text
    assert "deine Sicherung hat {count} Dateien." in text
    assert "edit these archives by hand. <!-- not translated -->" in text


def test_a_long_document_is_agreed_on_although_a_review_tells_of_its_first_lines_only(use: Any, tmp_path: Path) -> None:
    (tmp_path / "long.md").write_text("The servers of the river.\n\nNobody knows that yet.\n\n" * 400)
    opened = use("text.open", document=str(tmp_path / "long.md"), glossary={"server": "Server", "river": "Fluss"})
    grave, _ = agreed(use, opened)
    assert grave[-1] == 0


def test_every_review_leaves_evidence_by_dimension(use: Any, run: Any) -> None:
    opened = use("text.open", base_directory=str(EXAMPLES), document=ASKED["document"], glossary=ASKED["glossary"])
    agreed(use, opened)
    glossary = [(fact.passed, fact.tried) for fact in run.facts if fact.dimension == "glossary"]
    assert glossary[0][0] < glossary[-1][0] == glossary[-1][1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (bytes(range(32)) * 300, "is binary"),
        ("Zoë".encode("latin-1"), "is not UTF-8"),
        (b"```\ncode\n```\n", "has no word"),
        (b"word " * 500_000, "the most is"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_a_reason(
    use: Any, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.md").write_bytes(content)
    with pytest.raises(ToolFailed, match=reason) as failed:
        use("text.open", document=str(tmp_path / "a.md"), glossary={"a": "b"})
    assert failed.value.kind == "bad_input"


def test_a_translation_without_a_document_says_what_to_do(use: Any) -> None:
    with pytest.raises(ToolFailed, match="open the document first"):
        use("text.translate")
