"""How sure we are, and what follows: pure mathematics over evidence. Needs numpy and the words, nothing else."""
