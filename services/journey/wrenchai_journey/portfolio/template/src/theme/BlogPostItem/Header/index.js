/** The head of an article: the way back, the title, when it was written and how long it takes. */
import React from 'react';
import Link from '@docusaurus/Link';
import { useBlogPost } from '@docusaurus/plugin-content-blog/client';
import site from '@site/src/data/site.json';
import Day from '@site/src/components/Day';

export default function BlogPostItemHeader() {
  const { metadata } = useBlogPost();
  const { title, date, readingTime } = metadata;
  const section = site.sections.find(({ id }) => id === 'articles');
  return (
    <header>
      <p className="eyebrow">
        <Link to="/articles/">{section.label}</Link>
      </p>
      <h1>{title}</h1>
      <p className="meta">
        <Day iso={date} />
        {readingTime !== undefined && <span>{Math.ceil(readingTime)} min read</span>}
      </p>
    </header>
  );
}
