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
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  return page;
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
