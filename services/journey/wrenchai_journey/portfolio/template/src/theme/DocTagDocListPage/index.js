/** The projects with one tag. */
import React from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';
import site from '@site/src/data/site.json';
import ProjectCard, { columns } from '@site/src/components/ProjectCard';
import { OneTag } from '@site/src/components/TagPages';

export default function DocTagDocListPage({ tag }) {
  const base = useBaseUrl('/');
  const tagged = new Set(tag.items.map(({ permalink }) => permalink));
  const projects = site.projects.filter(({ section, slug }) => tagged.has(`${base}${section}/${slug}/`));
  return (
    <OneTag tag={tag} kind="Projects">
      <div className={`grid-projects grid-projects--${columns(projects)}`}>
        {projects.map((project) => (
          <ProjectCard key={project.slug} project={project} heading="h2" />
        ))}
      </div>
    </OneTag>
  );
}
