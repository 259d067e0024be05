// Screenshots of each page in each view, and whether it scrolls sideways: TREE CONFIG OUTPUT
import { readFileSync, writeFileSync } from 'node:fs';
import { each, launch, open, visit } from './browser.mjs';

const [tree, configFile, output] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const MAX_HEIGHT = 12_000;

const browser = await launch(tree, config);
const jobs = config.paths.flatMap((path, place) => config.views.map((view) => ({ ...view, path, place })));
const views = await each(jobs, config, shoot);
writeFileSync(output, JSON.stringify({ browser: await browser.version(), views }));
await browser.close();

async function shoot({ path, place, scheme, width, height }) {
  const page = await open(browser, { scheme, width, height });
  try {
    await visit(page, config.origin + path);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    const measured = await page.evaluate(measure);
    const file = `${String(place).padStart(2, '0')}-${width}-${scheme}.png`;
    const clip = { x: 0, y: 0, width, height: Math.min(measured.height, MAX_HEIGHT) };
    await page.screenshot({ path: `${config.pictures}/${file}`, clip, captureBeyondViewport: true });
    console.log(`${path} ${width} ${scheme}`);
    return { path, scheme, width, scroll_width: measured.scrollWidth, widest: measured.widest, picture: file };
  } finally {
    await page.close();
  }
}

/** Runs in the page: its full size, and the element that reaches furthest to the right when it is too wide. */
function measure() {
  const root = document.documentElement;
  const right = (element) => element.getBoundingClientRect().right;
  const widest = [...document.body.querySelectorAll('*')].reduce((a, b) => (right(b) > right(a) ? b : a), document.body);
  const name = widest.outerHTML.slice(0, 120);
  const tooWide = root.scrollWidth > root.clientWidth;
  return { height: root.scrollHeight, scrollWidth: root.scrollWidth, widest: tooWide ? name : null };
}
