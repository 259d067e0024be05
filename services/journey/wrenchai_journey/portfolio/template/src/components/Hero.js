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
  const first = site.sections[0] && { to: `/${site.sections[0].id}/`, label: 'See the work' };
  const [second] = waysOn();
  if (!first && !second) return null;
  return (
    <p className="actions">
      {first && <Way {...first} kind="primary" />}
      {second && <Way {...second} kind="quiet" />}
    </p>
  );
}

function waysOn() {
  const { person, sections, articles } = site;
  return [
    person.email && { href: `mailto:${person.email}`, label: 'Get in touch' },
    person.links[0] && { href: person.links[0].url, label: person.links[0].label },
    sections.length > 1 && articles.length > 0 && { to: '/articles/', label: 'Read the articles' },
  ].filter(Boolean);
}

function Way({ label, kind, ...address }) {
  return (
    <Link className={`button button--${kind}`} {...address}>
      {label}
    </Link>
  );
}

function Panel() {
  if (site.key_figures.length > 0) {
    return (
      <aside className={`figures figures--${site.key_figures.length % 2 ? 'rows' : 'pairs'}`} aria-label="Key figures">
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
