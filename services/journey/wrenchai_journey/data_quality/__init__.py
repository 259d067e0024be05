"""How good a table is: two methods that know nothing of each other, and what both say."""
