"""What each sale is due by a rule, worked out by hand. Needs no site before it is asked."""

from fractions import Fraction

import frappe
from frappe.utils import flt

# the rule: so many points for each whole ten
POINTS, EACH = 3, 10


def due_of(doctype: str, name: str, event: str) -> int:
	"""What a sale has to have now by the rule, counted from its own documents."""
	asked = ["docstatus", "base_net_total", "grand_total", "rounded_total", "outstanding_amount"]
	sale = frappe.db.get_value(doctype, name, asked, as_dict=True)
	if not sale or sale.docstatus != 1:
		return 0
	returns = frappe.get_all(doctype, {"return_against": name, "docstatus": 1}, asked)
	net, kept, total, owed = (
		_cents(sale.base_net_total),
		_cents(sale.base_net_total, *(each.base_net_total for each in returns)),
		_cents(*(each.rounded_total or each.grand_total for each in (sale, *returns))),
		_cents(*(each.outstanding_amount for each in (sale, *returns))),
	)
	paid = Fraction(1) if total <= 0 or owed <= 0 else max(1 - Fraction(owed, total), Fraction(0))
	part = {
		"Invoice Submitted": Fraction(1),
		"Invoice Paid in Full": Fraction(int(paid == 1)),
		"Invoice Paid in Proportion": paid,
	}
	full = net // (100 * EACH) * POINTS
	return int(full * Fraction(max(kept, 0), net) * part[event] + Fraction(1, 2))


def _cents(*amounts: float) -> int:
	return sum(round(flt(amount) * 100) for amount in amounts)
