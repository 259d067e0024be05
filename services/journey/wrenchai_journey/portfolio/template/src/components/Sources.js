/** The page that says where every sentence of the site comes from. */
import React from 'react';
import Link from '@docusaurus/Link';
import useBaseUrl from '@docusaurus/useBaseUrl';
import site from '@site/src/data/site.json';
import provenance from '@site/src/data/provenance.json';
import Text from './Text';

export default function Sources() {
  const count = provenance.reduce((sum, page) => sum + page.statements.length, 0);
  return (
    <div className="section-index">
      <header className="page-head">
        <p className="eyebrow">{count === 1 ? '1 statement' : `${count} statements`}</p>
        <h1>Every sentence has a source</h1>
        <p className="lead">
          WrenchAI writes nothing that it cannot point to. Each statement below stands on this site, with the form
          field, file or measurement that it was taken from.
        </p>
        <p className="meta">
          <span>
            Input <code>{site.generated.input_sha256}</code>
          </span>
          <span>
            <a href={useBaseUrl('/provenance.json')}>The same as JSON</a>
          </span>
        </p>
      </header>
      {provenance.map(({ path, title, statements }) => (
        <section key={path} className="sources">
          <h2>
            <Link to={path}>{title}</Link>
          </h2>
          <dl>
            {statements.map(({ text, source }, index) => (
              <div key={index}>
                <dt>
                  <Text>{text}</Text>
                </dt>
                <dd>
                  <code>{source}</code>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
