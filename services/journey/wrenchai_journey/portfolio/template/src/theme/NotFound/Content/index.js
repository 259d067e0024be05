/** What a wrong address shows: where else to go. */
import React from 'react';
import clsx from 'clsx';
import Link from '@docusaurus/Link';
import site from '@site/src/data/site.json';

export default function NotFoundContent({ className }) {
  return (
    <main className={clsx('container page not-found', className)}>
      <p className="eyebrow">Error 404</p>
      <h1>There is no page at this address.</h1>
      <p className="lead">It may have moved, or the link has a typing error. These pages exist:</p>
      <ul className="ways">
        <li>
          <Link to="/">Home</Link>
        </li>
        {site.sections.map(({ id, label }) => (
          <li key={id}>
            <Link to={`/${id}/`}>{label}</Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
