// A Docusaurus plugin: the same source gives the same bytes in every directory.
//
// The minifier gives the shortest names to the letters that are frequent in a file. Files with webpack's runtime hold
// the hashes of all other files, which at that moment still depend on where the site lies (they are made final later).
// So in those files names are not shortened; it costs about 2 kB.
const { getSwcJsMinimizerOptions } = require('@docusaurus/faster');

const WITH_RUNTIME = /\/(runtime~main|search-worker)\.[0-9a-f]+\.js$/;

module.exports = function stableNames() {
  return {
    name: 'stable-names',
    configureWebpack(config, isServer, { currentBundler }) {
      if (isServer || !config.optimization?.minimize) return {};
      const { SwcJsMinimizerRspackPlugin } = currentBundler.instance;
      const options = { minify: true, ...getSwcJsMinimizerOptions() };
      const others = config.optimization.minimizer.filter((one) => !(one instanceof SwcJsMinimizerRspackPlugin));
      return {
        mergeStrategy: { 'optimization.minimizer': 'replace', 'module.rules': 'append' },
        optimization: {
          minimizer: [
            ...others,
            new SwcJsMinimizerRspackPlugin({ exclude: WITH_RUNTIME, minimizerOptions: options }),
            new SwcJsMinimizerRspackPlugin({
              include: WITH_RUNTIME,
              minimizerOptions: { ...options, mangle: false },
            }),
          ],
        },
        module: {
          rules: [{ test: /theme[\\/]searchByWorker\.js$/, use: [require.resolve('./name-worker.js')] }],
        },
      };
    },
  };
};
