/** Search: one entry per page, with the words around what was found. The theme's own page has no main landmark. */
import React, { useEffect, useState } from 'react';
import Head from '@docusaurus/Head';
import Link from '@docusaurus/Link';
import useBaseUrl from '@docusaurus/useBaseUrl';
import Layout from '@theme/Layout';
import useSearchQuery from '@theme/hooks/useSearchQuery';
import { searchByWorker } from '@theme/searchByWorker';
import { byPage, marked } from '@site/src/components/searchResults';

const MOST = 100;

export default function SearchPage() {
  const { searchValue, updateSearchPath } = useSearchQuery();
  const found = useFound(searchValue);
  return (
    <Layout>
      <Head>
        <title>{searchValue ? `Search: ${searchValue}` : 'Search'}</title>
        <meta name="robots" content="noindex, follow" />
      </Head>
      <main className="container page">
        <header className="page-head">
          <p className="eyebrow" role="status">
            {said(searchValue, found)}
          </p>
          <h1>Search</h1>
          <input
            type="search"
            className="search-field"
            aria-label="Search this site"
            placeholder="A project, a language, a word"
            autoComplete="off"
            value={searchValue}
            onChange={(event) => updateSearchPath(event.target.value)}
          />
        </header>
        <ol className="articles">
          {(found ?? []).map((page) => (
            <Result key={page.address} {...page} />
          ))}
        </ol>
      </main>
    </Layout>
  );
}

/** The pages with these words; null while they are looked for, and when there are no words. */
function useFound(words) {
  const base = useBaseUrl('/');
  const [found, setFound] = useState(null);
  useEffect(() => {
    let current = true;
    if (words) searchByWorker(base, '', words, MOST).then((results) => current && setFound(byPage(results)));
    else setFound(null);
    return () => {
      current = false;
    };
  }, [base, words]);
  return found;
}

function said(words, found) {
  if (!words) return 'Every page of this site';
  if (!found) return 'Looking';
  return found.length === 1 ? '1 page' : `${found.length} pages`;
}

function Result({ address, title, place, text, words }) {
  return (
    <li className="articles__item">
      <p className="meta">{place}</p>
      <div>
        <h2>
          <Link to={address} className="stretched">
            {marked(title, words)}
          </Link>
        </h2>
        {text && <p>{marked(text, words)}</p>}
      </div>
    </li>
  );
}
