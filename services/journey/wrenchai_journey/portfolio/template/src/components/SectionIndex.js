/** A section's page: what it holds, and its projects. */
import React from 'react';
import site from '@site/src/data/site.json';
import ProjectCard, { columns } from './ProjectCard';

export default function SectionIndex({ id }) {
  const section = site.sections.find((candidate) => candidate.id === id);
  const projects = site.projects.filter((project) => project.section === id);
  return (
    <div className="section-index">
      <header className="page-head">
        <p className="eyebrow">{projects.length === 1 ? '1 project' : `${projects.length} projects`}</p>
        <h1>{section.label}</h1>
        {section.kicker && <p className="lead">{section.kicker}</p>}
      </header>
      <div className={`grid-projects grid-projects--${columns(projects)}`}>
        {projects.map((project) => (
          <ProjectCard key={project.slug} project={project} heading="h2" showSection={false} />
        ))}
      </div>
    </div>
  );
}
