"""How good the inspector is, on worlds whose truth is known: bars B1 to B16."""
