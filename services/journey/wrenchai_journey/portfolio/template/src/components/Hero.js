/** The first screen: name, claim and two ways on; proof at the side. */
import React from 'react';
import Link from '@docusaurus/Link';
import site from '@site/src/data/site.json';
import ProjectCard from './ProjectCard';
import Text from './Text';

export default function Hero() {
  const { person } = site;
  return (
    <header className="hero-home">
      <div className="container hero-home__grid">
        <div>
          <h1>
            <span className="hero-home__name">
              {person.name}
              {person.location && <span className="hero-home__place">{person.location}</span>}
            </span>{' '}
            <span className="hero-home__claim">
              <Text>{person.claim}</Text>
            </span>
          </h1>
          {person.about.length > 0 && (
            <p className="lead">
              <Text>{person.about[0]}</Text>
            </p>
          )}
          <Actions />
        </div>
        <Panel />
      </div>
    </header>
  );
}

function Actions() {
  const { person, sections } = site;
  const contact = person.email ? { href: `mailto:${person.email}`, label: 'Get in touch' } : null;
  const link = person.links[0] && { href: person.links[0].url, label: person.links[0].label };
  const second = contact ?? link;
  if (sections.length === 0 && !second) return null;
  return (
    <p className="actions">
      {sections.length > 0 && (
        <Link className="button button--primary" to={`/${sections[0].id}/`}>
          See the work
        </Link>
      )}
      {second && (
        <Link className="button button--quiet" href={second.href}>
          {second.label}
        </Link>
      )}
    </p>
  );
}

function Panel() {
  if (site.key_figures.length > 0) {
    return (
      <aside className="figures" aria-label="Key figures">
        <dl>
          {site.key_figures.map(({ value, label, source }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd title={`Source: ${source}`}>{value}</dd>
            </div>
          ))}
        </dl>
        <p className="figures__note">
          <Link to="/provenance/">Where these figures come from</Link>
        </p>
      </aside>
    );
  }
  const top = site.projects.find(({ slug }) => slug === site.featured[0]);
  return top ? <ProjectCard project={top} heading="h2" /> : null;
}
