/** An article's facts for machines; the theme's own would let a title with `</script>` in it run. */
import React from 'react';
import { useBlogPostStructuredData } from '@docusaurus/plugin-content-blog/client';
import JsonLd from '@site/src/components/JsonLd';

export default function BlogPostStructuredData() {
  return <JsonLd data={useBlogPostStructuredData()} />;
}
