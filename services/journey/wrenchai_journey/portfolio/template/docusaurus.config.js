// The site's settings. What the site says comes from src/data/site.json, which the assemble tool writes.
const codeThemes = require('./src/code-themes.js');
const site = require('./src/data/site.json');

// The minifier writes `\u003c` in JSON-LD as `<` again, and a name with `</script>` in it would run.
if (process.env.SKIP_HTML_MINIFICATION !== 'true') {
  throw new Error('Set SKIP_HTML_MINIFICATION=true: minified JSON-LD is not safe with the texts of others.');
}

// The search index has stemmers for these; English is always there for code and names.
const STEMMED = ['da', 'de', 'es', 'fi', 'fr', 'hu', 'it', 'nl', 'no', 'pt', 'ro', 'ru', 'sv', 'tr'];
const searchLanguages = ['en', ...STEMMED.filter((code) => site.language.split('-')[0] === code)];

const hasArticles = site.articles.length > 0;

module.exports = {
  title: site.title,
  tagline: site.person.claim,
  url: site.url,
  baseUrl: site.base_url,
  trailingSlash: true,
  favicon: 'img/favicon.svg',
  headTags: [
    { tagName: 'link', attributes: { rel: 'apple-touch-icon', href: `${site.base_url}img/icon-180.png` } },
    { tagName: 'meta', attributes: { name: 'generator', content: 'WrenchAI and Docusaurus' } },
    { tagName: 'meta', attributes: { name: 'wrenchai:input-sha256', content: site.generated.input_sha256 } },
  ],

  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',
  markdown: {
    emoji: false, // `:name:` in somebody's text stays what it is
    hooks: { onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw' },
  },
  i18n: { defaultLocale: site.language, locales: [site.language] },
  future: {
    v4: true,
    faster: {
      swcJsLoader: true,
      swcJsMinimizer: true,
      swcHtmlMinimizer: false, // see above
      lightningCssMinimizer: true,
      mdxCrossCompilerCache: true,
      rspackBundler: true,
      rspackPersistentCache: false, // a build from a warm cache is not the same to the last byte
      ssgWorkerThreads: true,
      gitEagerVcs: true,
    },
  },
  plugins: ['./plugins/stable-names.js'],

  presets: [
    [
      'classic',
      {
        // Never empty: the page of sources is always there. The search theme does not work without this plugin.
        docs: {
          routeBasePath: '/',
          sidebarPath: false,
          breadcrumbs: false,
        },
        blog: hasArticles && {
          routeBasePath: 'articles',
          blogTitle: `Articles by ${site.person.name}`,
          blogDescription: `Technical articles by ${site.person.name}.`,
          blogSidebarCount: 0,
          archiveBasePath: null, // its headings skip a level, and the list already has every article
          postsPerPage: 'ALL',
          showReadingTime: true,
          onUntruncatedBlogPosts: 'ignore',
          feedOptions: { type: ['rss', 'atom', 'json'], copyright: site.person.name },
        },
        theme: {
          customCss: [
            // The settings are published with the site: a resolved path would tell where it was built.
            './src/css/fonts.css',
            './src/css/palette.css',
            './src/css/theme.css',
            './src/css/home.css',
            './src/css/work.css',
            './src/css/pages.css',
          ],
        },
        sitemap: { lastmod: null, ignorePatterns: ['**/search/**', '**/tags/**'] },
      },
    ],
  ],
  themes: [
    [
      '@easyops-cn/docusaurus-search-local',
      {
        hashed: true,
        language: searchLanguages,
        indexDocs: true,
        ignoreFiles: [/^provenance/], // it repeats every sentence
        indexBlog: hasArticles,
        indexPages: true,
        docsRouteBasePath: '/',
        blogRouteBasePath: '/articles',
        searchBarShortcutHint: false,
        fuzzyMatchingDistance: 0, // on a small site `log` would find `look`, `load` and `lose`
        ...(hasArticles ? {} : { blogDir: [] }),
      },
    ],
  ],
  themeConfig: {
    ...(site.cards.home && { image: site.cards.home }),
    metadata: [{ name: 'twitter:card', content: 'summary_large_image' }],
    colorMode: {
      defaultMode: site.theme_mode === 'dark' ? 'dark' : 'light',
      respectPrefersColorScheme: site.theme_mode === 'system',
    },
    navbar: {
      title: site.person.name,
      hideOnScroll: true,
      items: [...navigation(), { type: 'search', position: 'right' }],
    },
    // The default light theme's red is at 4.29:1 on its background, under WCAG AA.
    prism: {
      theme: codeThemes.light,
      darkTheme: codeThemes.dark,
      additionalLanguages: ['bash', 'sql', 'toml', 'ini', 'docker', 'powershell', 'java', 'ruby', 'php'],
      magicComments: [], // a comment in somebody's code is theirs, not an instruction to the highlighter
    },
  },
};

/** One entry per section while the labels fit in a row; a menu when they do not. */
function navigation() {
  const entries = site.sections.map((section) => ({ to: `/${section.id}/`, label: section.label }));
  const letters = entries.reduce((sum, entry) => sum + entry.label.length, 0);
  if (letters <= 60) return entries.map((entry) => ({ ...entry, position: 'right' }));
  const articles = entries.filter((entry) => entry.to === '/articles/');
  const work = entries.filter((entry) => entry.to !== '/articles/');
  const menu = { type: 'dropdown', label: 'Work', position: 'right', items: work };
  return [menu, ...articles.map((entry) => ({ ...entry, position: 'right' }))];
}
