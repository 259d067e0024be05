/** All tags of projects. */
import React from 'react';
import { AllTags } from '@site/src/components/TagPages';

export default function DocTagsListPage({ tags }) {
  return <AllTags tags={tags} title="Projects by tag" />;
}
