/** The parts of the home page under its first screen. */
import React from 'react';
import Link from '@docusaurus/Link';
import site from '@site/src/data/site.json';
import ArticleList from './ArticleList';
import ProjectCard, { columns } from './ProjectCard';
import Text from './Text';

const bySlug = Object.fromEntries(site.projects.map((project) => [project.slug, project]));

function Part({ title, children, className = '' }) {
  return (
    <section className={`part ${className}`}>
      <div className="container">
        <h2 className="part__title">{title}</h2>
        {children}
      </div>
    </section>
  );
}

export function Featured() {
  // Without key figures the first screen already shows the top project.
  const slugs = site.featured.slice(site.key_figures.length > 0 ? 0 : 1);
  if (slugs.length === 0) return null;
  return (
    <Part title="Selected work">
      <div className={`grid-projects grid-projects--${columns(slugs)}`}>
        {slugs.map((slug) => (
          <ProjectCard key={slug} project={bySlug[slug]} />
        ))}
      </div>
    </Part>
  );
}

export function Sections() {
  if (site.sections.length === 0) return null;
  return (
    <Part title="Everything, by kind">
      <ul className="rows">
        {site.sections.map((section) => (
          <SectionRow key={section.id} section={section} />
        ))}
      </ul>
    </Part>
  );
}

function SectionRow({ section }) {
  const names =
    section.id === 'articles'
      ? site.articles.map(({ title }) => title)
      : site.projects.filter((project) => project.section === section.id).map(({ name }) => name);
  const shown = names.slice(0, 3).join(' · ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  return (
    <li className="rows__item">
      <h3>
        <Link to={`/${section.id}/`} className="stretched">
          {section.label}
        </Link>
      </h3>
      <div>
        {section.kicker && <p>{section.kicker}</p>}
        <p className="meta">{shown}</p>
      </div>
      <span className="rows__count" aria-hidden="true">
        {String(names.length).padStart(2, '0')}
      </span>
    </li>
  );
}

export function Articles() {
  if (site.articles.length === 0) return null;
  return (
    <Part title="Latest articles">
      <ArticleList articles={site.articles.slice(0, 3)} />
    </Part>
  );
}

export function About() {
  const rest = site.person.about.slice(1);
  if (rest.length === 0) return null;
  return (
    <Part title="About">
      <div className="prose">
        {rest.map((paragraph) => (
          <p key={paragraph}>
            <Text>{paragraph}</Text>
          </p>
        ))}
      </div>
    </Part>
  );
}

export function Skills() {
  if (site.person.skills.length === 0) return null;
  return (
    <Part title="Works with">
      <ul className="chips">
        {site.person.skills.map((skill) => (
          <li key={skill}>{skill}</li>
        ))}
      </ul>
    </Part>
  );
}

export function Contact() {
  const { email, links } = site.person;
  if (!email && links.length === 0) return null;
  return (
    <Part title="Get in touch" className="part--contact">
      <ul className="ways">
        {email && (
          <li>
            <Link href={`mailto:${email}`}>{email}</Link>
          </li>
        )}
        {links.map(({ label, url }) => (
          <li key={url}>
            <Link href={url}>{label}</Link>
          </li>
        ))}
      </ul>
    </Part>
  );
}
