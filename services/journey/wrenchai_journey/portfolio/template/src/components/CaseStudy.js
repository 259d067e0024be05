/** A project's page: a head, the story in the middle, the facts at the side. */
import React from 'react';
import Link from '@docusaurus/Link';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import Day from './Day';
import JsonLd from './JsonLd';
import Text from './Text';
import { LanguageBar, LanguageList } from './Languages';

const ISO_DAY = /^\d{4}-\d\d-\d\d$/;

export default function CaseStudy({ project, children }) {
  return (
    <div className="case">
      <StructuredData project={project} />
      <header className="case__head">
        <p className="eyebrow">
          <Link to={`/${project.section}/`}>{project.section_label}</Link>
        </p>
        <h1>{project.name}</h1>
        <p className="lead">
          <Text>{project.summary}</Text>
        </p>
        <Actions project={project} />
      </header>
      <div className="case__grid">
        <div className="case__story">
          {project.outcome && (
            <section className="outcome">
              <h2>Outcome</h2>
              <p>
                <Text>{project.outcome}</Text>
              </p>
            </section>
          )}
          {children}
        </div>
        <Aside project={project} />
      </div>
    </div>
  );
}

function Actions({ project }) {
  if (!project.live_url && !project.source_url) return null;
  return (
    <p className="actions">
      {project.live_url && (
        <Link className="button button--primary" href={project.live_url}>
          Visit {project.name}
        </Link>
      )}
      {project.source_url && (
        <Link className={project.live_url ? 'button button--quiet' : 'button button--primary'} href={project.source_url}>
          Read the source
        </Link>
      )}
    </p>
  );
}

function Aside({ project }) {
  const facts = asideFacts(project);
  if (facts.length + project.languages.length === 0 && !project.source_url) return null;
  return (
    <aside className="case__aside" aria-label={`Facts about ${project.name}`}>
      {facts.length > 0 && (
        <section>
          <h2>At a glance</h2>
          <dl className="facts">
            {facts.map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {project.languages.length > 0 && (
        <section>
          <h2>Languages</h2>
          <LanguageBar languages={project.languages} />
          <LanguageList languages={project.languages} limit={8} />
        </section>
      )}
      {project.source_url && (
        <section>
          <h2>Source</h2>
          <Link className="address" href={project.source_url}>
            {project.source_url.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '')}
          </Link>
        </section>
      )}
    </aside>
  );
}

function asideFacts(project) {
  const { last_activity: day, license, stars, facts } = project;
  // Facts may repeat what has a field of its own, e.g. `Last commit` and `License`.
  const repeated = ({ label, value }) =>
    (value === day && /^last\b/i.test(label)) || (value === license && /^licen[cs]e$/i.test(label));
  return [
    day && ['Last activity', <Day key="day" iso={day} />],
    license && ['License', license],
    stars !== null && ['Stars', stars.toLocaleString('en')],
    ...facts.filter((fact) => !repeated(fact)).map(({ label, value }) => [label, ISO_DAY.test(value) ? <Day key={label} iso={value} /> : value]),
  ].filter(Boolean);
}

function StructuredData({ project }) {
  const { siteConfig } = useDocusaurusContext();
  const about = {
    '@context': 'https://schema.org',
    '@type': 'SoftwareSourceCode',
    name: project.name,
    description: project.summary,
    url: `${siteConfig.url}${siteConfig.baseUrl}${project.section}/${project.slug}/`,
    ...(project.source_url && { codeRepository: project.source_url }),
    ...(project.license && { license: project.license }),
    ...(project.languages.length && { programmingLanguage: project.languages.map(({ name }) => name) }),
    ...(project.last_activity && { dateModified: project.last_activity }),
    ...(project.tags.length && { keywords: project.tags.join(', ') }),
  };
  return <JsonLd data={about} />;
}
