"""How long customers are waited for before they count as having left. Computes nothing."""

from crm_success.scoring.engine.definitions import Limits

HORIZON = Limits.horizon_days
SHORTEST_HORIZON, LONGEST_HORIZON = 1, 3650
