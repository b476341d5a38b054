"""`make bench`: scoring measured on sites of its own, as ratios."""
