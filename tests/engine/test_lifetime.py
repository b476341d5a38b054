"""How many horizons a lifetime is worth, by hand and against the whole integral."""

from math import log

import pytest
from made_customers import histories

from crm_success.scoring.engine.errors import ScoringError
from crm_success.scoring.engine.forecast.lifetime import horizons_in_lifetime
from crm_success.scoring.engine.forecast.purchase_model import BgNbd, Nbd

NEW = histories((0, 0, 0))
SOME = histories((0, 0, 400), (1, 10, 30), (7, 300, 400), (60, 390, 400))
NOBODY_LEAVES = Nbd(1.0, 10.0, 0.0, 0, None)
ALL_ALIKE = BgNbd(1.0, 10.0, 1.0, 1.0, 0.0, 0)
# Fader, Hardie and Lee, Marketing Science 24(2), 2005, table 2, in days
CDNOW = BgNbd(0.243, 4.414 * 7, 0.793, 2.426, 0.0, 2357)


def worth(purchases=None, history=NEW, horizon=90, years=1.0, discount=0.0, retention=0.5):
	return horizons_in_lifetime(purchases, history, horizon, years, discount, retention).tolist()


@pytest.mark.parametrize("purchases", [None, NOBODY_LEAVES])
def test_where_nobody_is_seen_to_leave_retention_says_how_spend_fades(purchases):
	# of all there ever will be, half comes within a year, and 1 - 0.5^(90 / 365) within 90 days
	assert worth(purchases) == pytest.approx([0.5 / (1 - 0.5 ** (90 / 365))])
	assert worth(purchases, years=3.0) == pytest.approx([0.875 / (1 - 0.5 ** (90 / 365))])


def test_what_comes_later_is_discounted_to_the_middle_of_its_year():
	first = 1 - 0.5 ** (90 / 365)
	to_455, to_730 = (0.5 ** (90 / 365)) / 2, 0.5 ** (455 / 365) - 0.25
	expected = (
		1 + to_455 / first * 1.1 ** (-(90 + 455) / 2 / 365) + to_730 / first * 1.1 ** (-(455 + 730) / 2 / 365)
	)
	assert worth(years=2.0, discount=0.1) == pytest.approx([expected])


def test_a_lifetime_is_one_horizon_at_least():
	assert worth(horizon=400) == [1.0]
	assert worth(retention=0.0, years=10.0) == [1.0]


def test_where_customers_leave_the_model_says_how_purchases_fade():
	# a = b = r = 1: log(1 + days / 10) purchases of who is new
	assert worth(ALL_ALIKE) == pytest.approx([log(37.5) / log(10)], rel=1e-5)


def test_ten_years_are_exact_to_a_thousandth():
	whole = CDNOW.expected_of_alive(SOME, [90, 3650])
	assert worth(CDNOW, SOME, years=10.0) == pytest.approx((whole[3650] / whole[90]).tolist(), rel=1e-3)


def test_without_a_cap_a_lifetime_ends_all_the_same():
	assert worth(years=0.0, retention=0.99, discount=0.1)[0] < worth(years=0.0, retention=0.99)[0]
	assert worth(years=0.0) == pytest.approx(worth(years=100.0))


def test_rows_do_not_see_each_other():
	parts = [worth(CDNOW, SOME.iloc[[row]], years=10.0, discount=0.1)[0] for row in range(len(SOME))]
	assert parts == worth(CDNOW, SOME, years=10.0, discount=0.1)


def test_nobody_has_no_lifetime():
	assert worth(CDNOW, NEW.head(0)) == []


def test_a_discount_that_is_none_is_refused():
	with pytest.raises(ScoringError, match="0 % or more"):
		worth(discount=-1.0)
