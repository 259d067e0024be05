"""The checks of a built site: reports are read by pure code; what runs the programs stands beside it."""
