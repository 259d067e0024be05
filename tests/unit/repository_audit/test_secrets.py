"""Secrets are found by form and by chance, words are not, and what is found is never told."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.repository_audit.secrets_found import Leak, entropy, fingerprint, leaks_in

RANDOM = "q8Zt4Lw0" + "Xv7Rb2Nc"
"""Put together here, so that no scanner takes this file for a leak."""

KNOWN = [
    ("aws-access-key", "AKIA" + "QW3RTY8UIO9PASD2"),
    ("github-token", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
    ("stripe-key", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"),
    ("private-key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ("json-web-token", "eyJhbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".SflKxwRJSMeKKF2QT4"),
]


def leaks(text: str, path: str = "app.py") -> list[Leak]:
    return list(leaks_in(PurePosixPath(path), text))


@pytest.mark.parametrize(("rule", "secret"), KNOWN)
def test_a_known_format_is_found_wherever_it_stands(rule: str, secret: str) -> None:
    (leak,) = leaks(f"first\nuse({secret})\n")
    assert (leak.rule, leak.line, leak.path, leak.excused) == (rule, 2, "app.py", False)


def test_a_password_in_an_address_is_found() -> None:
    (leak,) = leaks("url = 'postgres://river:" + RANDOM + "@db.internal/river'\n")
    assert leak.rule == "password-in-address"


@pytest.mark.parametrize("name", ["API_KEY", "db_password", "authToken", "client-secret"])
def test_a_random_value_that_is_called_a_secret_is_found(name: str) -> None:
    (leak,) = leaks(f'{name} = "{RANDOM}"\n')
    assert leak.rule == "assigned-secret"


def test_a_value_without_quotes_is_one_in_settings_only() -> None:
    line = f"API_TOKEN={RANDOM}\n"
    assert [leak.rule for leak in leaks(line, ".env")] == ["assigned-secret"]
    assert leaks(line, "notes.md") == []


@pytest.mark.parametrize(
    "line",
    [
        'password = "changeme-please-1"',
        'password = "correct horse battery"',
        'token = os.environ["API_TOKEN_2024"]',
        'secret = "${VAULT_SECRET_12}"',
        'api_key = "<your-api-key-123>"',
        'token = "aaaaaaaaaaaaaaa1"',
        'commit = "' + RANDOM + '"',
    ],
)
def test_a_placeholder_a_word_or_another_name_is_no_secret(line: str) -> None:
    assert leaks(line) == []


def test_an_excused_line_is_told_as_excused() -> None:
    (leak,) = leaks(f'token = "{RANDOM}"  # pragma: allowlist secret\n')
    assert leak.excused


def test_what_is_found_never_holds_the_secret() -> None:
    (leak,) = leaks(f'token = "{RANDOM}"\n')
    assert RANDOM not in repr(leak)
    assert leak.fingerprint == fingerprint(RANDOM) != fingerprint(RANDOM + "x")
    assert len(leak.fingerprint) == 12


def test_equal_signs_have_no_entropy_and_different_ones_have_most() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcd") == 2


@given(st.text(max_size=300))
def test_any_text_is_looked_through(text: str) -> None:
    assert all(leak.line >= 1 for leak in leaks(text, "x.env"))
