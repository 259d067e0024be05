// A loader: gives the search's worker a file name that does not change with the site.
module.exports = function nameWorker(source) {
  return source.replace('new Worker(new URL(', 'new Worker(/* webpackChunkName: "search-worker" */ new URL(');
};
