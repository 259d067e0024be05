// axe on every page in every colour scheme, and what the console said: TREE CONFIG OUTPUT
// A page is loaded once and recoloured for the next scheme, which takes a third of the time of loading it again.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { each, launch, open, recolour, visit } from './browser.mjs';

const [tree, configFile, output] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const require = createRequire(`${tree}/`);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const MAX_NODES = 3;

const browser = await launch(tree, config);
const runs = (await each(config.paths, config, judged)).flat();
writeFileSync(output, JSON.stringify({ axe: require('axe-core/package.json').version, browser: await browser.version(), runs }));
await browser.close();

/** One run per scheme; what the console said counts for each of them. */
async function judged(path) {
  const page = await open(browser, { scheme: config.schemes[0] });
  const said = [];
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  try {
    const { status, done } = await visit(page, config.origin + path);
    if (status < 200 || status >= 400) said.push(`HTTP status ${status}`);
    if (!done) said.push('its scripts never came to their end');
    await page.evaluate(axeSource);
    const found = [];
    for (const scheme of config.schemes) found.push({ scheme, violations: await violations(page, scheme) });
    console.log(`${path}: ${found.map(({ scheme, violations: these }) => `${these.length} in ${scheme}`).join(', ')}`);
    return found.map((one) => ({ path, ...one, console: said }));
  } finally {
    await page.close();
  }
}

async function violations(page, scheme) {
  await recolour(page, scheme);
  const found = await page.evaluate((rules) => globalThis.axe.run({ runOnly: rules, resultTypes: ['violations'] }), RULES);
  return found.violations.map(brief);
}

function brief({ id, impact, help, nodes }) {
  const shown = nodes.slice(0, MAX_NODES).map((node) => `${node.target.join(' ')}: ${node.html.slice(0, 160)}`);
  return { id, impact, help, count: nodes.length, nodes: shown };
}
