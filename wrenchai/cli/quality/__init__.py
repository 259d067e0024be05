"""Pages of `wrenchai quality`: each asks the gateway one question, and shows what comes of it."""
