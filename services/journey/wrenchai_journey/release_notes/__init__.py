"""Release notes from a git history: what was done, in groups, with nothing left out."""
