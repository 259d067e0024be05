/** A project in a grid: what it is, what came of it, what it is made of. */
import React from 'react';
import Link from '@docusaurus/Link';
import Day from './Day';
import Text from './Text';
import { LanguageBar, LanguageList } from './Languages';

/** How many columns a grid of these has; a row of three where it comes out even. */
export function columns(projects) {
  if (projects.length < 2) return 'one';
  return projects.length % 3 === 0 ? 'three' : 'two';
}

export default function ProjectCard({ project, heading: Heading = 'h3', showSection = true }) {
  return (
    <article className="card-project">
      {showSection && <p className="eyebrow">{project.section_label}</p>}
      <Heading className="card-project__name">
        <Link to={`/${project.section}/${project.slug}/`} className="stretched">
          {project.name}
        </Link>
      </Heading>
      <p className="card-project__summary">
        <Text>{project.summary}</Text>
      </p>
      {project.outcome && (
        <p className="card-project__outcome">
          <strong>
            <Text>{project.outcome}</Text>
          </strong>
        </p>
      )}
      <div className="card-project__foot">
        <LanguageBar languages={project.languages} />
        <LanguageList languages={project.languages} />
        <Meta project={project} />
      </div>
    </article>
  );
}

function Meta({ project }) {
  const parts = [
    project.last_activity && (
      <>
        Last activity <Day iso={project.last_activity} />
      </>
    ),
    project.license,
    project.stars !== null && `${project.stars.toLocaleString('en')} stars`,
  ].filter(Boolean);
  if (parts.length === 0) parts.push(...project.facts.map(({ label, value }) => `${label}: ${value}`));
  if (parts.length === 0) return null;
  return (
    <p className="meta">
      {parts.map((part, index) => (
        <span key={index}>{part} </span>
      ))}
    </p>
  );
}
