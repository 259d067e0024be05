// Lighthouse on one page, as on a desktop computer, in our own Chromium: TREE CONFIG OUTPUT
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from './browser.mjs';

const [tree, configFile, output] = process.argv.slice(2);
const config = JSON.parse(readFileSync(configFile, 'utf8'));
const program = createRequire(`${tree}/`).resolve('lighthouse');

const [browser, { default: lighthouse, desktopConfig }] = await Promise.all([launch(tree, config), import(program)]);
const flags = { logLevel: 'error', output: 'json', ...config.settings };
const { report } = await lighthouse(config.address, flags, desktopConfig, await browser.newPage());
writeFileSync(output, report);
await browser.close();
process.exit(0); // Lighthouse's own timers would keep us for seconds
