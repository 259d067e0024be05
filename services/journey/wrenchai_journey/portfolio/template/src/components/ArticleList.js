/** Articles, newest first: when, what about, and how it begins. */
import React from 'react';
import Link from '@docusaurus/Link';
import Day from './Day';
import Text from './Text';

export default function ArticleList({ articles, heading: Heading = 'h3' }) {
  return (
    <ol className="articles">
      {articles.map(({ slug, title, date, tags, summary }) => (
        <li key={slug} className="articles__item">
          <p className="meta">
            <Day iso={date} />
          </p>
          <div>
            <Heading>
              <Link to={`/articles/${slug}/`} className="stretched">
                {title}
              </Link>
            </Heading>
            <p>
              <Text>{summary}</Text>
            </p>
            {tags.length > 0 && <p className="meta">{tags.map((tag) => <span key={tag}>{tag} </span>)}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}
