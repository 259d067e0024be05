"""Building a site for real: the same every time, skipped when nothing changed, and clear about what is wrong."""

import zipfile
from pathlib import Path, PurePosixPath

import pytest
from wrenchai_journey.portfolio.build_trouble import kept_mended
from wrenchai_journey.portfolio.content import Paragraph, Sentence, SiteContent, write_content
from wrenchai_journey.portfolio.publishing import Part
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.portfolio_assemble import AssembleInputs, assemble
from wrenchai_journey.tools.portfolio_build import BuildInputs, build
from wrenchai_journey.tools.portfolio_cards import CardsInputs, cards
from wrenchai_journey.tools.portfolio_mend_page import MendInputs, mend_page
from wrenchai_journey.tools.portfolio_package import PACKAGE, Handed, PackageInputs, package
from wrenchai_journey.tools.portfolio_preview import PreviewInputs, preview
from wrenchai_journey.tools.portfolio_write_domain import DomainInputs, write_domain
from wrenchai_journey.tools.portfolio_write_workflow import WorkflowInputs, write_workflow

from tests.made_site import BASE, CONTENT, LocalRun, Site, made, sitemap, text_of

pytestmark = pytest.mark.timeout(900)


def test_the_build_leaves_mandatory_evidence_and_its_measurements(site: Site) -> None:
    (fact,) = [fact for fact in site.run.facts if fact.judge == "build.docusaurus"]
    assert (fact.passed, fact.tried, fact.mandatory) == (1, 1, True)
    assert not site.built.reused
    assert site.built.files == len(site.files)
    assert 0 < site.built.seconds < 120
    assert site.built.peak_rss_bytes > 100_000_000


def test_the_committed_lock_of_the_template_is_all_that_npm_ci_asks_for(installing: LocalRun) -> None:
    assert [command[1] for command in installing.commands] == ["ci"]
    messages = [message for _, message in installing.told]
    assert "installing npm packages, once for this lock file" in messages
    assert not [message for message in messages if "npm install" in message]


def test_progress_is_told_in_stages(site: Site) -> None:
    messages = [message for _, message in site.run.told]
    assert "linking the npm packages" in messages
    assert any("compil" in message for message in messages)
    assert all(0 <= fraction <= 1 for fraction, _ in site.run.told)


def test_an_unchanged_source_is_not_built_again_by_another_task(
    site: Site, tmp_path: Path, shared: Path, content: SiteContent
) -> None:
    again = made(tmp_path / "ws", shared, content, task_id="another-task")
    assert again.built.reused
    assert again.built.output_sha256 == site.built.output_sha256
    assert again.page("/") == site.page("/")
    assert package.run(PackageInputs(), again.run) == package.run(PackageInputs(), site.run)


def test_a_site_does_not_tell_which_task_made_it(site: Site) -> None:
    assert [path for path in site.files if site.run.task_id.encode() in path.read_bytes()] == []


def test_the_same_source_gives_the_same_bytes_in_any_directory(
    site: Site, tmp_path: Path, shared: Path, content: SiteContent
) -> None:
    again = made(tmp_path / "a" / "deeper" / "ws", shared, content, rebuild=True, task_id="another-task")
    assert again.assembled.input_sha256 == site.assembled.input_sha256
    assert again.drawn.sha256 == site.drawn.sha256
    assert not again.built.reused
    assert again.built.output_sha256 == site.built.output_sha256


def test_no_published_file_tells_where_it_was_built(site: Site) -> None:
    place = str(site.run.workspace.parent).encode()
    assert [path for path in site.files if place in path.read_bytes()] == []


def test_a_site_of_a_name_and_a_claim_alone_can_be_built(tmp_path: Path, shared: Path) -> None:
    nothing = {"sections": (), "articles": (), "featured": (), "key_figures": ()}
    bare = made(tmp_path / "ws", shared, SiteContent.model_validate({**dict(CONTENT), **nothing}))
    assert sitemap(bare) == {"/", "/provenance/"}
    assert CONTENT.person.claim.text in text_of(bare.page("/"))


def test_a_broken_link_fails_the_step_with_file_and_line(tmp_path: Path, shared: Path, content: SiteContent) -> None:
    run = LocalRun(tmp_path, shared)
    write_content(tmp_path, content)
    assemble.run(AssembleInputs(), run)
    page = tmp_path / "site" / "docs" / "projects" / "nats.mdx"
    lines = page.read_text().splitlines()
    page.write_text("\n".join([*lines[:-1], "See [it](./gone.mdx).", "", lines[-1], ""]))
    with pytest.raises(ToolFailed) as failed:
        build.run(BuildInputs(), run)
    assert failed.value.kind == "broken_link"
    assert not failed.value.retryable
    assert failed.value.reason == f"docs/projects/nats.mdx:{len(lines)}:5: the link ./gone.mdx leads nowhere"
    assert [(fact.passed, fact.mandatory) for fact in run.facts if fact.judge == "build.docusaurus"] == [(0, True)]


def linking(content: SiteContent) -> SiteContent:
    """The content with links of its author's: two lead nowhere, one of them to a page that can be guessed."""
    first, *others = content.articles
    text = "See [the page](/gone/), [NATS](/work/nats/) and [the projects](/projects/)."
    paragraph = Paragraph(sentences=(Sentence(text=text, source="test"),))
    linked = first.model_copy(update={"paragraphs": (*first.paragraphs, paragraph)})
    return SiteContent.model_validate({**dict(content), "articles": (linked, *others)})


def test_links_that_lead_nowhere_are_mended_in_the_page_that_the_build_names(tmp_path: Path, shared: Path) -> None:
    run = LocalRun(tmp_path, shared)
    write_content(tmp_path, linking(CONTENT))
    assemble.run(AssembleInputs(), run)
    with pytest.raises(ToolFailed) as failed:
        build.run(BuildInputs(), run)
    failure = {"step": "make", "reason": failed.value.reason, "kind": failed.value.kind}
    links = mend_page.run(MendInputs.model_validate({"failure": failure}), run).links
    assert {link.target: link.leads_to for link in links} == {"/gone/": None, "/work/nats/": "/projects/nats/"}

    built = build.run(BuildInputs(), run)
    assert built.mended == links
    assert run.facts[-1].summary.endswith("no broken link after 2 links of the form had to be mended")
    page = (tmp_path / built.directory / "articles" / CONTENT.articles[0].slug / "index.html").read_text()
    assert "See the page, " in text_of(page)
    assert f'href="{BASE}projects/nats/"' in page
    assert f'href="{BASE}projects/"' in page

    assemble.run(AssembleInputs(), run)
    assert kept_mended(run) == (), "the source is laid out anew"


def test_what_is_no_broken_link_is_left_to_people(tmp_path: Path) -> None:
    failure = {"step": "make", "reason": "docs/a.mdx:1:1: no page", "kind": "page_rejected"}
    with pytest.raises(
        ToolFailed, match=r"only broken links can be mended here; the build says: docs/a.mdx:1:1"
    ) as failed:
        mend_page.run(MendInputs.model_validate({"failure": failure}), LocalRun(tmp_path, tmp_path))
    assert failed.value.kind == "not_mendable"


def test_what_specialists_made_is_packed_beside_the_site(site: Site) -> None:
    workflow, domain = (
        Part(name="workflow", need="needs_ci_cd"),
        Part(name="domain", need="needs_domain", domain="a.org"),
    )
    handed = (
        Handed(part=Part(name="pages", need="plain")),
        Handed(to="workflow", part=workflow, output=write_workflow.run(WorkflowInputs(part=workflow), site.run)),
        Handed(to="domain", part=domain, output=write_domain.run(DomainInputs(part=domain), site.run)),
    )
    packed = package.run(PackageInputs(handed=handed), site.run)
    assert packed.added == (".github/workflows/publish.yml", "CNAME")
    with zipfile.ZipFile(site.run.workspace / PACKAGE) as archive:
        assert archive.read("CNAME") == b"a.org\n"
        assert len(archive.namelist()) == packed.files + 2
        assert archive.namelist() == sorted(archive.namelist(), key=PurePosixPath)
    assert package.run(PackageInputs(handed=handed), site.run) == packed
    assert packed.output_sha256 == site.built.output_sha256


def test_the_package_is_the_same_each_time_and_refuses_another_build(site: Site) -> None:
    expected = site.built.output_sha256
    first = package.run(PackageInputs(output_sha256=expected), site.run)
    assert package.run(PackageInputs(), site.run).package == first.package
    with pytest.raises(ToolFailed, match="the built site has changed"):
        package.run(PackageInputs(output_sha256="0" * 64), site.run)


def test_the_preview_outlives_the_workspace_under_its_hash(site: Site, shared: Path) -> None:
    published = preview.run(PreviewInputs(output_sha256=site.built.output_sha256), site.run)
    assert published.directory == f"sites/{site.built.output_sha256}"
    assert published.base_url == BASE
    assert (shared / published.directory / "index.html").read_text() == site.page("/")
    assert preview.run(PreviewInputs(), site.run) == published
    assert f'"base_url":"{BASE}"' in (shared / f"{published.directory}.json").read_text()


def test_without_npm_the_step_says_what_to_do_and_may_be_tried_again(tmp_path: Path) -> None:
    refuses = {
        "npm_config_registry": "http://127.0.0.1:9",
        "npm_config_cache": str(tmp_path / "empty"),
        "npm_config_fetch_retries": "0",
    }
    run = LocalRun(tmp_path / "ws", tmp_path / "shared", env=refuses)
    run.workspace.mkdir()
    write_content(run.workspace, CONTENT)
    with pytest.raises(ToolFailed, match="npm could not reach its registry; check the network") as failed:
        cards.run(CardsInputs(), run)
    assert failed.value.retryable


@pytest.mark.parametrize(
    ("step", "reason"),
    [(assemble, "there is no content yet"), (build, "no site to build yet"), (package, "no built site")],
)
def test_a_step_out_of_order_says_which_one_is_missing(tmp_path: Path, step: object, reason: str) -> None:
    with pytest.raises(ToolFailed, match=reason):
        step.run(step.inputs(), LocalRun(tmp_path, tmp_path / "shared"))  # type: ignore[attr-defined]
