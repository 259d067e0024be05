"""A licence is named by the surest source there is, and an unknown one is never taken for a known one."""

from collections.abc import Sequence

import pytest
from wrenchai_journey.repository_audit.licence_names import (
    NOT_INSTALLED,
    Licence,
    is_refused,
    licence_in,
    licences_report,
    own_licence,
)


class Headers:
    def __init__(self, **values: str | Sequence[str]) -> None:
        self._values = {name.replace("_", "-"): value for name, value in values.items()}

    def get_all(self, name: str) -> Sequence[str] | None:
        value = self._values.get(name)
        return [value] if isinstance(value, str) else value


APACHE = "License :: OSI Approved :: Apache Software License"
OWN = Licence(subject="this repository", name="MIT", source="LICENSE:1")


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        (Headers(License_Expression="MIT", Classifier=[APACHE]), ("MIT", "License-Expression")),
        (Headers(Classifier=["Topic :: Rivers", APACHE], License="see file"), ("Apache-2.0", "classifiers")),
        (Headers(License="BSD"), ("BSD", "License")),
        (Headers(License="UNKNOWN"), None),
        (Headers(License="x" * 500), None),
    ],
)
def test_the_expression_comes_first_then_classifiers_then_the_header(
    metadata: Headers, named: tuple[str, str] | None
) -> None:
    assert licence_in(metadata, []) == named


def test_without_a_name_the_licence_file_is_read() -> None:
    text = "Permission is hereby granted, free of charge, to any person obtaining a copy"
    assert licence_in(Headers(), [("LICENSE", text)]) == ("MIT", "LICENSE:1")


@pytest.mark.parametrize(
    ("licence", "refused"),
    [
        ("GPL-3.0-only", True),
        ("GPL-3.0-or-later", True),
        ("MIT OR GPL-3.0", False),
        ("MIT AND GPL-3.0", True),
        ("LGPL-3.0", False),
    ],
)
def test_a_choice_is_refused_when_every_alternative_is(licence: str, refused: bool) -> None:  # noqa: FBT001
    assert is_refused(licence, ["GPL-3.0"]) is refused


def test_what_is_not_installed_is_named_and_not_counted() -> None:
    others = [
        Licence(subject="httpx", name="BSD-3-Clause", source="License-Expression", place="pyproject.toml"),
        Licence(subject="river", name=None, source=NOT_INSTALLED, place="pyproject.toml"),
    ]
    report = licences_report(OWN, others, refused=(), where="here")
    assert (report.passed, report.tried) == (2, 2)
    assert report.summary.endswith("not measured, as they are not installed there: river")


def test_a_refused_and_an_unknown_licence_are_findings() -> None:
    others = [
        Licence(subject="a", name="GPL-3.0", source="License", place="pyproject.toml:1"),
        Licence(subject="b", name=None, source="its metadata names no licence", place="pyproject.toml:2"),
    ]
    report = licences_report(OWN, others, refused=["GPL-3.0"], where="here")
    assert [(found.where, found.rule) for found in report.findings] == [
        ("pyproject.toml:1", "refused-licence"),
        ("pyproject.toml:2", "unknown-licence"),
    ]


def test_a_repository_says_its_licence_in_a_file_or_in_its_manifest() -> None:
    assert own_licence('[project]\nlicense = "MIT"\n', []).name == "MIT"
    assert own_licence("", []).name is None
