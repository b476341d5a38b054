"""How long customers are waited for before they count as having left. Computes nothing."""

HORIZON = 90
SHORTEST_HORIZON, LONGEST_HORIZON = 1, 3650
