// markdownlint-cli2 over globs, its findings as lines in a JSON file: TREE DIRECTORY OUTPUT GLOB...
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [tree, directory, output, ...globs] = process.argv.slice(2);
const require = createRequire(`${tree}/`);
const { main } = await import(require.resolve('markdownlint-cli2'));
const rules = fileURLToPath(new URL('site.markdownlint-cli2.jsonc', import.meta.url));
const lines = [];
const argv = ['--no-globs', '--config', rules, ...globs];
await main({ directory, argv, logMessage: () => {}, logError: (line) => lines.push(line) });
writeFileSync(output, JSON.stringify(lines));
