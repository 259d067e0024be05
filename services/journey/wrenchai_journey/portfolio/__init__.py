"""Pure code that the portfolio tools share, and the pinned site template."""
