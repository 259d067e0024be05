// Draws SVG files as PNG: `node render_pictures.cjs JOB.json`, with
// JOB = {modules, fonts, system_fonts, pictures: [{svg, png, width}]}, all paths absolute.
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { Resvg } = createRequire(path.join(job.modules, 'index.js'))('@resvg/resvg-js');

for (const { svg, png, width } of job.pictures) {
  const picture = new Resvg(fs.readFileSync(svg, 'utf8'), {
    fitTo: { mode: 'width', value: width },
    font: { fontFiles: job.fonts, loadSystemFonts: job.system_fonts, defaultFontFamily: 'Geist' },
  });
  fs.mkdirSync(path.dirname(png), { recursive: true });
  fs.writeFileSync(png, picture.render().asPng());
  console.log(png);
}
