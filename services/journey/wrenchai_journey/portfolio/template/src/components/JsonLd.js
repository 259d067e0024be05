/** Facts for machines. No `<` is left in them: a name with `</script>` in it would end the script and begin its own. */
import React from 'react';
import Head from '@docusaurus/Head';

export default function JsonLd({ data }) {
  return (
    <Head>
      <script type="application/ld+json">{JSON.stringify(data).replace(/</g, '\\u003c')}</script>
    </Head>
  );
}
