// Bytes and colour per language of a directory, by linguist-js without its network: TREE DIRECTORY OUTPUT
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [tree, directory, output] = process.argv.slice(2);
const linguist = createRequire(`${tree}/`)('linguist-js');
const { files, languages } = await linguist(directory, {
  offline: true,
  calculateLines: false,
  categories: ['programming', 'markup'],
});
const counted = Object.values(files.results).filter(Boolean).length;
const sizes = Object.entries(languages.results).map(([name, { bytes, color }]) => [name, { bytes, color }]);
writeFileSync(output, JSON.stringify({ files: counted, languages: Object.fromEntries(sizes) }));
