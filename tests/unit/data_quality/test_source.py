"""A CSV file is read as it is written, dirty or not."""

from pathlib import Path

import pytest
from wrenchai_journey.data_quality.source import FALLBACK, NotATable, rows_of, source_of, squared


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("name;city\nZoë;Bern\n".encode(), "utf-8"),
        ("name;city\nZoë;Bern\n".encode("utf-8-sig"), "utf-8-sig"),
        ("name;city\nZoë;Bern\n".encode("utf-16"), "utf-16"),
        ("name;city\nZoë;Bern\n".encode("latin-1"), FALLBACK),
    ],
)
def test_the_encoding_is_found_out(tmp_path: Path, content: bytes, encoding: str) -> None:
    source = source_of(written(tmp_path, content))
    assert (source.encoding, source.columns) == (encoding, ("name", "city"))
    assert list(rows_of(source)) == [["Zoë", "Bern"]]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_parts_lines_evenly(tmp_path: Path, sign: str) -> None:
    text = f"name{sign}sentence\nAda{sign}one, two; three\nBo{sign}four | five\n"
    if sign in ",;|":
        text = text.replace("one, two; three", "one").replace("four | five", "four")
    source = source_of(written(tmp_path, text.encode()))
    assert (source.delimiter, len(source.columns)) == (sign, 2)


def test_a_first_row_with_a_number_is_no_header(tmp_path: Path) -> None:
    source = source_of(written(tmp_path, b"a,1\nb,2\n"))
    assert (source.has_header, source.columns) == (False, ("column 1", "column 2"))
    assert len(list(rows_of(source))) == 2


def test_whether_there_is_a_header_may_be_said(tmp_path: Path) -> None:
    file = written(tmp_path, b"a,b\nc,d\n")
    assert source_of(file, header=False).columns == ("column 1", "column 2")


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert source_of(written(tmp_path, b"a,a,\n1,2,3\n"), header=True).columns == ("a", "a (2)", "column 3")


def test_nul_bytes_are_left_out_and_quoted_line_ends_kept(tmp_path: Path) -> None:
    source = source_of(written(tmp_path, b'a,b\n1\x00,"x\ny"\n'))
    assert list(rows_of(source)) == [["1", "x\ny"]]


def test_a_ragged_row_is_squared() -> None:
    assert squared(["1"], 3) == ["1", "", ""]
    assert squared(["1", "2", "3", "4"], 3) == ["1", "2", "3"]


def test_a_file_without_a_row_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match="no row"):
        source_of(written(tmp_path, b"\n\n"))


def test_a_file_with_too_many_columns_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match="3000 columns"):
        source_of(written(tmp_path, b",".join([b"x"] * 3000)))
