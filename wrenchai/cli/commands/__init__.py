"""One file for each group of commands: what can be typed. The work is done elsewhere, and imported when asked for."""
