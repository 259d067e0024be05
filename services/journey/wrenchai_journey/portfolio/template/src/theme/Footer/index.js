/** The foot of every page: ways on, and how this site came to be. */
import React from 'react';
import Link from '@docusaurus/Link';
import useBaseUrl from '@docusaurus/useBaseUrl';
import site from '@site/src/data/site.json';

export default function Footer() {
  const { person, sections, generated } = site;
  return (
    <footer className="foot">
      <div className="container">
        <div className="foot__top">
          <div>
            <p className="foot__name">{person.name}</p>
            <p className="foot__claim">{person.claim}</p>
          </div>
          <nav aria-label="Sections">
            <ul>
              {sections.map(({ id, label }) => (
                <li key={id}>
                  <Link to={`/${id}/`}>{label}</Link>
                </li>
              ))}
            </ul>
          </nav>
          <nav aria-label="Elsewhere">
            <ul>
              {person.email && (
                <li>
                  <Link href={`mailto:${person.email}`}>Email</Link>
                </li>
              )}
              {person.links.map(({ label, url }) => (
                <li key={url}>
                  <Link href={url}>{label}</Link>
                </li>
              ))}
              {site.articles.length > 0 && (
                <li>
                  <a href={useBaseUrl('/articles/rss.xml')}>RSS feed</a>
                </li>
              )}
            </ul>
          </nav>
        </div>
        <p className="foot__made">
          <span>
            Generated with {generated.by}. <Link to="/provenance/">Every sentence has a source</Link>.
          </span>
          <span>
            Content <code title={`SHA-256 of the input: ${generated.input_sha256}`}>{generated.input_sha256.slice(0, 12)}</code>
          </span>
        </p>
      </div>
    </footer>
  );
}
