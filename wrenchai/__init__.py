"""The face: command line, client, embedded local start."""
