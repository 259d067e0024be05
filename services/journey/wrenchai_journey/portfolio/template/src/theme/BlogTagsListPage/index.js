/** All tags of articles. */
import React from 'react';
import Layout from '@theme/Layout';
import { AllTags } from '@site/src/components/TagPages';

export default function BlogTagsListPage({ tags }) {
  return (
    <Layout>
      <AllTags tags={tags} title="Articles by tag" />
    </Layout>
  );
}
