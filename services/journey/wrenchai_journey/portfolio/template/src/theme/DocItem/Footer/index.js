/** The foot of a project's page: its tags, and the next project, so that no page is a dead end. */
import React from 'react';
import Link from '@docusaurus/Link';
import useBaseUrl from '@docusaurus/useBaseUrl';
import { useDoc } from '@docusaurus/plugin-content-docs/client';
import DocItemFooter from '@theme-original/DocItem/Footer';
import site from '@site/src/data/site.json';

const { projects } = site;

export default function Footer() {
  const base = useBaseUrl('/');
  const { permalink } = useDoc().metadata;
  const place = projects.findIndex(({ section, slug }) => permalink === `${base}${section}/${slug}/`);
  return (
    <>
      <DocItemFooter />
      {place >= 0 && projects.length > 1 && <Next project={projects[(place + 1) % projects.length]} />}
    </>
  );
}

function Next({ project }) {
  return (
    <nav className="next" aria-label="Next project">
      <p className="eyebrow">Next project</p>
      <p className="next__name">
        <Link to={`/${project.section}/${project.slug}/`} className="stretched">
          {project.name}
        </Link>
      </p>
      <p className="next__summary">{project.summary}</p>
    </nav>
  );
}
