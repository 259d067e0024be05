/** The list of articles, with the first-level heading that the theme's own list lacks. */
import React from 'react';
import { HtmlClassNameProvider, PageMetadata, ThemeClassNames } from '@docusaurus/theme-common';
import Layout from '@theme/Layout';
import SearchMetadata from '@theme/SearchMetadata';
import site from '@site/src/data/site.json';
import ArticleList from '@site/src/components/ArticleList';

export default function BlogListPage({ metadata }) {
  const section = site.sections.find(({ id }) => id === 'articles');
  return (
    <HtmlClassNameProvider className={ThemeClassNames.page.blogListPage}>
      <PageMetadata title={section.label} description={metadata.blogDescription} image={site.cards.articles} />
      <SearchMetadata tag="blog_posts_list" />
      <Layout>
        <main className="container page">
          <header className="page-head">
            <p className="eyebrow">{site.articles.length === 1 ? '1 article' : `${site.articles.length} articles`}</p>
            <h1>{section.label}</h1>
            {section.kicker && <p className="lead">{section.kicker}</p>}
          </header>
          <ArticleList articles={site.articles} heading="h2" />
        </main>
      </Layout>
    </HtmlClassNameProvider>
  );
}
