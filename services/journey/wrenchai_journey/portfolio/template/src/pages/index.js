/** The home page: who, for what, and the proof; an empty part is not shown. */
import React from 'react';
import Head from '@docusaurus/Head';
import Layout from '@theme/Layout';
import site from '@site/src/data/site.json';
import JsonLd from '@site/src/components/JsonLd';
import Hero from '@site/src/components/Hero';
import { About, Articles, Contact, Featured, Sections, Skills } from '@site/src/components/HomeParts';

export default function Home() {
  return (
    <Layout description={site.person.claim}>
      <Head>
        <title>{site.title}</title>
      </Head>
      <JsonLd data={person()} />
      <main className="home">
        <Hero />
        <Featured />
        <Sections />
        <Articles />
        <About />
        <Skills />
        <Contact />
      </main>
    </Layout>
  );
}

function person() {
  const { name, claim, email, links, skills, location } = site.person;
  return {
    '@context': 'https://schema.org',
    '@type': 'Person',
    name,
    description: claim,
    url: `${site.url}${site.base_url}`,
    ...(email && { email: `mailto:${email}` }),
    ...(location && { homeLocation: { '@type': 'Place', name: location } }),
    ...(links.length && { sameAs: links.map(({ url }) => url) }),
    ...(skills.length && { knowsAbout: skills }),
  };
}
