/** What the pages of tags show: all of them, and what bears one of them. */
import React from 'react';
import { PageMetadata } from '@docusaurus/theme-common';
import Link from '@docusaurus/Link';

export function AllTags({ tags, title }) {
  const sorted = [...tags].sort((one, other) => one.label.localeCompare(other.label, 'en'));
  return (
    <>
      <PageMetadata title={title} />
      <main className="container page">
        <header className="page-head">
          <p className="eyebrow">{tags.length === 1 ? '1 tag' : `${tags.length} tags`}</p>
          <h1>{title}</h1>
        </header>
        <ul className="tag-list">
          {sorted.map(({ label, permalink, count }) => (
            <li key={permalink}>
              <Link className="tag" to={permalink}>
                {label} <span className="langs__share">{count}</span>
              </Link>
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}

export function OneTag({ tag, kind, children }) {
  return (
    <>
      <PageMetadata title={`${tag.label}: ${kind}`} description={`${kind} tagged ${tag.label}.`} />
      <main className="container page">
        <header className="page-head">
          <p className="eyebrow">{kind} tagged</p>
          <h1>{tag.label}</h1>
          <p>
            <Link to={tag.allTagsPath}>All tags</Link>
          </p>
        </header>
        {children}
      </main>
    </>
  );
}
