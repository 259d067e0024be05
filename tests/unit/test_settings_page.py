"""The page of settings names every one that there is, and tells its default."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_gateway.settings import GatewaySettings
from wrenchai_inspector.settings import InspectorSettings
from wrenchai_journey.secret_values import PREFIX as SECRET
from wrenchai_journey.settings import JourneySettings
from wrenchai_orchestrator.settings import OrchestratorSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "settings.md").read_text()
PRODUCT = ("contracts", "language", "chassis", "services", "wrenchai")
NAME = re.compile(r"\bWRENCHAI_[A-Z_]+\b")
TABLE = re.compile(r"^\| setting of \[`(?P<shape>\w+)`\].*\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
CLASSES: dict[str, type[ServiceSettings]] = {
    kind.__name__: kind
    for kind in (ServiceSettings, GatewaySettings, OrchestratorSettings, JourneySettings, InspectorSettings)
}
REQUIRED = {"WRENCHAI_POSTGRES_URL": "postgresql://somewhere", "WRENCHAI_API_KEY": "0123456789abcdef0123"}


def defaults_told(shape: str) -> dict[str, str]:
    """What a table says of each setting's default."""
    (rows,) = [found["rows"] for found in TABLE.finditer(PAGE) if found["shape"] == shape]
    cells = [[cell.strip() for cell in row.split("|")[1:]] for row in rows.splitlines()]
    return {name.strip("`"): default for name, default, *_ in cells}


def own_fields(shape: str) -> dict[str, FieldInfo]:
    """The settings of a service besides what every service is told, by their names in the environment."""
    common = {} if shape == "ServiceSettings" else ServiceSettings.model_fields
    fields = CLASSES[shape].model_fields.items()
    return {f"WRENCHAI_{name.upper()}": field for name, field in fields if name not in common}


def test_there_is_a_table_for_each_class_of_settings() -> None:
    files = [file for part in PRODUCT for file in (ROOT / part).rglob("settings.py")]
    defined = {name for file in files for name in re.findall(r"^class (\w+)\(", file.read_text(), re.MULTILINE)}
    assert {found["shape"] for found in TABLE.finditer(PAGE)} == set(CLASSES) == defined


@pytest.mark.parametrize("shape", sorted(CLASSES))
def test_a_table_names_each_setting_and_no_other(shape: str) -> None:
    assert set(defaults_told(shape)) == set(own_fields(shape))


@pytest.mark.parametrize("shape", sorted(CLASSES))
def test_a_setting_that_must_be_given_is_told_as_such(shape: str) -> None:
    told = {name for name, default in defaults_told(shape).items() if default == "required"}
    assert told == {name for name, field in own_fields(shape).items() if field.is_required()}


@pytest.mark.parametrize("shape", sorted(CLASSES))
def test_a_default_written_into_the_environment_changes_nothing(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in own_fields(shape) | own_fields("ServiceSettings"):
        monkeypatch.delenv(name, raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    said = {name: default.strip("`") for name, default in defaults_told(shape).items() if default.startswith("`")}
    unsaid = CLASSES[shape](instance="here")  # type: ignore[call-arg]  # the rest comes from the environment
    for name, default in said.items():
        monkeypatch.setenv(name, default)
    assert said
    assert CLASSES[shape](instance="here") == unsaid  # type: ignore[call-arg]


@pytest.mark.parametrize("shape", sorted(CLASSES))
def test_what_has_no_default_to_write_is_worked_out_or_empty(shape: str) -> None:
    told = defaults_told(shape)
    wordy = {
        name: field for name, field in own_fields(shape).items() if told[name][0] != "`" and not field.is_required()
    }
    assert [name for name, field in wordy.items() if field.default_factory is None and field.default is not None] == []


def test_every_variable_that_the_product_reads_is_on_the_page() -> None:
    files = [file for part in PRODUCT for file in (ROOT / part).rglob("*.py")]
    read = {name for file in files for name in NAME.findall(file.read_text())}
    assert {name for name in read if not name.startswith(SECRET)} - set(NAME.findall(PAGE)) == set()
