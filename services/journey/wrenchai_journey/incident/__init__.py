"""What happened, from a log file: when errors came in bursts, what was new before them, and what is not known."""
