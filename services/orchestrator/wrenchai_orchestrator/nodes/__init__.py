"""How each kind of node goes on: a module a kind, a row a kind in `advancing.KINDS`. Pure."""
