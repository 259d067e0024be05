// A Chromium that reaches nothing but this machine, and pages of it, a few at a time.
import { createRequire } from 'node:module';

const LOOPBACK_ONLY = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/** Start Chromium. Its own sandbox is off: the tool's sandbox already holds it, and it loads only our own build. */
export async function launch(tree, { chromium, profile }) {
  const puppeteer = await import(createRequire(`${tree}/`).resolve('puppeteer-core'));
  return puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    protocolTimeout: 60_000,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars', LOOPBACK_ONLY],
  });
}

/** A page that prefers the colour scheme, without motion, so that nothing is judged while it fades in. */
export async function open(browser, { scheme, width = 1280, height = 900 }) {
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await prefer(page, scheme);
  return page;
}

/** Let the reader of a page prefer a colour scheme from now on. */
function prefer(page, scheme) {
  return page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
}

/** Change an open page's scheme; a page that follows the system has changed when this ends. */
export async function recolour(page, scheme) {
  await prefer(page, scheme);
  await reached(page, followed, scheme);
}

/** Load a page as a reader gets it, its scripts done: HTTP status, and whether they were ever done. */
export async function visit(page, address) {
  const response = await page.goto(address, { waitUntil: 'load', timeout: 30_000 });
  return { status: response?.status() ?? 0, done: await reached(page, hydrated) };
}

/** Runs in the page: whether Docusaurus says that its scripts are done; a page of another kind needs none. */
function hydrated() {
  return document.documentElement.dataset.hasHydrated !== 'false';
}

/** Runs in the page: whether it has the scheme's theme, if it follows the system. */
function followed(scheme) {
  const { theme, themeChoice } = document.documentElement.dataset;
  return themeChoice !== 'system' || theme === scheme;
}

/** Wait for a state of the page, not for ever. By its mutations: a tab in the background has no frames. */
function reached(page, state, ...words) {
  const waiting = page.waitForFunction(state, { polling: 'mutation', timeout: 10_000 }, ...words);
  return waiting.then(
    () => true,
    () => false,
  );
}

/** Do the jobs in order, `tabs` at a time, until they are done or the seconds are over; report each one's end. */
export async function each(jobs, { tabs, seconds }, work) {
  const until = Date.now() + seconds * 1000;
  const results = [];
  let next = 0;
  const tab = async () => {
    while (next < jobs.length && Date.now() < until) {
      const place = next++;
      results[place] = await work(jobs[place], place);
    }
  };
  await Promise.all(Array.from({ length: tabs }, tab));
  return results.filter(Boolean);
}
