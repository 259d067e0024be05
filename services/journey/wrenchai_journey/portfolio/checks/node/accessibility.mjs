// axe on every page in every colour scheme, and what the console said: TREE CONFIG OUTPUT
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { each, launch, open } from './browser.mjs';

const [tree, configFile, output] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const require = createRequire(`${tree}/`);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const MAX_NODES = 3;

const browser = await launch(tree, config);
const jobs = config.schemes.flatMap((scheme) => config.paths.map((path) => ({ path, scheme })));
const runs = await each(jobs, config, judge);
writeFileSync(output, JSON.stringify({ axe: require('axe-core/package.json').version, browser: await browser.version(), runs }));
await browser.close();

async function judge({ path, scheme }) {
  const page = await open(browser, { scheme });
  const said = [];
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  try {
    const response = await page.goto(config.origin + path, { waitUntil: 'load', timeout: 30_000 });
    if (!response || response.status() >= 400) said.push(`HTTP status ${response?.status()}`);
    await page.evaluate(axeSource);
    const found = await page.evaluate((rules) => globalThis.axe.run({ runOnly: rules }), RULES);
    console.log(`${path} ${scheme}: ${found.violations.length} violations`);
    return { path, scheme, violations: found.violations.map(brief), console: said };
  } finally {
    await page.close();
  }
}

function brief({ id, impact, help, nodes }) {
  const shown = nodes.slice(0, MAX_NODES).map((node) => `${node.target.join(' ')}: ${node.html.slice(0, 160)}`);
  return { id, impact, help, count: nodes.length, nodes: shown };
}
