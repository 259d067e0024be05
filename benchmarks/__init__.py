"""What `just bench` measures: the same figures, by the same commands, on anybody's machine."""
