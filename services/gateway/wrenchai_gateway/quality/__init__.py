"""Questions about quality, answered by folds. What needs numpy is imported when somebody first asks, not before."""
