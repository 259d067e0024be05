/** What the search index found, page by page, and its words marked. No text becomes HTML on the way. */
import React from 'react';
import site from '@site/src/data/site.json';

const TITLE = 0; // the index's kinds of finding: 0 title, 1 heading, 2 description, 3 keywords, 4 content
const HEADING = 1;
const LONGEST = 190;

/** One entry per page, the best first: its title, its section, and the first running text that was found in it. */
export function byPage(results) {
  const pages = new Map();
  for (const { document, type, page, tokens } of results) {
    const of = type === TITLE ? document : page;
    const known = pages.get(document.u) ?? {
      address: document.u,
      title: of.t,
      place: sectionOf(document.u),
      text: '',
      words: [],
    };
    const running = type > HEADING ? around(document.t, tokens) : '';
    pages.set(document.u, { ...known, text: known.text || running, words: [...new Set([...known.words, ...tokens])] });
  }
  return [...pages.values()];
}

/** What stands beside a page: the section that it belongs to. */
function sectionOf(address) {
  const section = site.sections.find(({ id }) => address.startsWith(`${site.base_url}${id}/`));
  return address === `${site.base_url}${section?.id}/` ? 'Section' : (section?.label ?? '');
}

/** The part of a text around the first of the words, cut between words. */
function around(text, words) {
  if (text.length <= LONGEST) return text;
  const first = Math.min(...words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0), text.length);
  const from = first < LONGEST / 2 ? 0 : text.indexOf(' ', first - LONGEST / 2) + 1;
  const cut = text.slice(from, from + LONGEST).replace(/\s+\S*$/, '');
  return `${from > 0 ? '… ' : ''}${cut}${from + cut.length < text.length ? ' …' : ''}`;
}

/** A text as React children, with each of the words in a `mark`. */
export function marked(text, words) {
  const escaped = words.filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (escaped.length === 0) return text;
  const parts = text.split(new RegExp(`(${escaped.join('|')})`, 'gi'));
  return parts.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));
}
