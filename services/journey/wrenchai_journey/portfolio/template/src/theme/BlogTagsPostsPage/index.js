/** The articles with one tag. */
import React from 'react';
import Layout from '@theme/Layout';
import site from '@site/src/data/site.json';
import ArticleList from '@site/src/components/ArticleList';
import { OneTag } from '@site/src/components/TagPages';

export default function BlogTagsPostsPage({ tag, items }) {
  const tagged = new Set(items.map(({ content }) => content.frontMatter.slug));
  return (
    <Layout>
      <OneTag tag={tag} kind="Articles">
        <ArticleList articles={site.articles.filter(({ slug }) => tagged.has(slug))} heading="h2" />
      </OneTag>
    </Layout>
  );
}
