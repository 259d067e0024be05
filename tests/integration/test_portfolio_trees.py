"""Trees of files: one hash and one zip for the same content, whenever and wherever it was written."""

import os
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.portfolio.archive import appear, pack, tree_files, tree_sha256
from wrenchai_journey.portfolio.build_log import build_faults
from wrenchai_journey.portfolio.kept_builds import BuildRecord, KeptBuilds
from wrenchai_journey.portfolio.linked_modules import linked_modules

FILES = {"index.html": "home", "a/b.txt": "b", "a/é.txt": "e"}
NAMES = st.text(alphabet="abcé.", min_size=1, max_size=8).filter(lambda name: name.strip(".") != "")


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_hash_does_not_depend_on_the_order_of_writing_or_on_dates(tmp_path: Path) -> None:
    one = tree(tmp_path / "one", FILES)
    other = tree(tmp_path / "other", dict(reversed(FILES.items())))
    os.utime(other / "index.html", (1, 1))
    assert tree_sha256(one) == tree_sha256(other)


@pytest.mark.parametrize(
    "changed",
    [{**FILES, "index.html": "homE"}, {**FILES, "new": ""}, {"index.html": "home", "a/b.txtb": "", "a/é.txt": "e"}],
)
def test_the_hash_sees_every_change(tmp_path: Path, changed: dict[str, str]) -> None:
    assert tree_sha256(tree(tmp_path / "one", FILES)) != tree_sha256(tree(tmp_path / "other", changed))


def test_a_link_that_leads_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    root = tree(tmp_path / "root", {"a": "a"})
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path)
    assert tree_files(root) == [PurePosixPath("a")]


def test_the_zip_is_the_same_bytes_each_time_and_holds_everything(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one", FILES), tree(tmp_path / "other", dict(reversed(FILES.items())))
    os.utime(other / "a" / "b.txt", (1, 1))
    (other / "a" / "b.txt").chmod(0o600)
    first, second = pack(one, tmp_path / "1.zip"), pack(other, tmp_path / "2.zip")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == FILES


@given(names=st.sets(NAMES, max_size=6))
def test_any_names_come_out_of_the_zip_as_they_went_in(
    names: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("names")
    packed = pack(tree(root / "tree", dict.fromkeys(names, "x") | {"always": "x"}), root / "tree.zip")
    with zipfile.ZipFile(packed) as archive:
        assert set(archive.namelist()) == names | {"always"}


def test_of_two_that_finish_the_same_directory_the_first_one_stays(tmp_path: Path) -> None:
    first, second = tree(tmp_path / "p1", {"a": "first"}), tree(tmp_path / "p2", {"a": "second"})
    appear(first, tmp_path / "target")
    appear(second, tmp_path / "target")
    assert (tmp_path / "target" / "a").read_text() == "first"
    assert not second.exists()


def test_linked_modules_share_their_files_and_never_their_cache(tmp_path: Path) -> None:
    store = tree(tmp_path / "store", {"pkg/index.js": "1", ".cache/warm": "x", "pkg/.cache/own": "y"})
    (store / ".bin").mkdir()
    (store / ".bin" / "pkg").symlink_to("../pkg/index.js")
    with linked_modules(store, tmp_path / "site" / "node_modules") as modules:
        assert (modules / "pkg/index.js").samefile(store / "pkg/index.js")
        assert (modules / ".bin/pkg").read_text() == "1"
        assert not (modules / ".cache").exists()
        assert (modules / "pkg/.cache/own").exists()
    assert not modules.exists()
    assert (store / "pkg/index.js").exists()


def test_a_kept_build_comes_back_as_it_was_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    output, kept = tree(tmp_path / "output", FILES), KeptBuilds(tmp_path / "shared")
    record = BuildRecord(
        input_sha256="a" * 64, output_sha256=tree_sha256(output), files=3, bytes=6, seconds=1, peak_rss_bytes=1
    )
    kept.keep(record, output, owner="task")
    assert kept.take("a" * 64, tmp_path / "copy") == record
    assert kept.take("b" * 64, tmp_path / "none") is None
    (tmp_path / "shared" / "builds" / ("a" * 64) / "output" / "index.html").write_text("damaged")
    assert kept.take("a" * 64, tmp_path / "again") is None
    assert not (tmp_path / "again").exists()


def test_a_broken_link_on_a_built_page_is_traced_to_its_source_line(tmp_path: Path) -> None:
    page = '---\ntitle: "NATS"\nslug: "/projects/nats/"\n---\n\n[it](/nowhere/)\n'
    site = tree(tmp_path, {"docs/projects/nats.mdx": page})
    output = (
        "  - Broken link on source page path = /portfolio/projects/nats/:\n     -> linking to /portfolio/nowhere/\n"
    )
    (fault,) = build_faults(output, base_url="/portfolio/", site=site)
    assert str(fault) == "docs/projects/nats.mdx:6: the link /nowhere/ on /portfolio/projects/nats/ leads nowhere"
