"""When and what to score, and every limit that scores, stages and classes are judged by."""

from collections.abc import Iterator

import frappe
from frappe import _
from frappe.utils import cint, flt, getdate

from crm_success.database.reading import SITE
from crm_success.printed_texts import PrintedAsText
from crm_success.record_checks.field_errors import bold, refuse
from crm_success.record_checks.storable_values import check_entered
from crm_success.record_names import SNAPSHOT
from crm_success.scoring.money import reporting_currency
from crm_success.scoring.shared.exchange_rates import exchange_rate

# fieldname: lowest and highest value
RANGES = {
	"scoring_hour": (0, 23),
	"batch_size": (100, 50_000),
	"window_days": (1, 36_500),
	"active_days": (1, 36_500),
	"silent_days": (1, 36_500),
	"new_days": (1, 36_500),
	"lost_days": (1, 36_500),
	"horizon_days": (7, 730),
	"value_high_percent": (0, 100),
	"value_potential_percent": (0, 100),
	"value_high_amount": (0, None),
	"value_potential_amount": (0, None),
	"retention_percent": (0, 100),
	"fallback_retention_percent": (0, 100),
	"lifetime_years_cap": (1, 100),
	"discount_percent": (0, 100),
	"snapshot_retention_days": (31, 36_500),
}

# the first is smaller than the second, where both are used
ORDERED = (
	("active_days", "silent_days"),
	("silent_days", "lost_days"),
	("value_high_percent", "value_potential_percent"),
	("value_potential_amount", "value_high_amount"),
)
USED_UNLESS_ZERO = frozenset({"value_high_percent", "value_potential_amount", "value_high_amount"})


class CRMSuccessSettings(PrintedAsText):
	def validate(self):
		check_entered(self)
		for fieldname, (lowest, highest) in RANGES.items():
			self.check_range(fieldname, lowest, highest)
		for smaller, larger in ORDERED:
			self.check_order(smaller, larger)
		self.check_companies()
		self.keep_what_was_seen()

	def on_update(self):
		self.keep_snapshots_as_long_as_set()
		self.warn_of_missing_rates()

	def check_range(self, fieldname: str, lowest: float, highest: float | None):
		value = flt(self.get(fieldname))
		if value < lowest or (highest is not None and value > highest):
			message = _("Enter a number from {0} to {1}.") if highest is not None else _("Enter {0} or more.")
			refuse(self, fieldname, message.format(lowest, highest))

	def check_order(self, smaller: str, larger: str):
		low, high = flt(self.get(smaller)), flt(self.get(larger))
		unused = (smaller in USED_UNLESS_ZERO and not low) or (larger in USED_UNLESS_ZERO and not high)
		if not unused and low >= high:
			label = frappe.bold(_(self.meta.get_label(larger)))
			refuse(
				self,
				smaller,
				_("It is {0}, and must be below {1}, which is {2}.").format(f"{low:g}", label, f"{high:g}"),
			)

	def check_companies(self):
		names = [row.company for row in self.companies]
		if len(names) != len(set(names)):
			refuse(self, "companies", _("A company is listed twice. Keep it once."))

	def keep_what_was_seen(self):
		"""A form that was opened before brings back no offer that somebody has declined meanwhile."""
		before = self.get_doc_before_save()
		self.defaults_seen = max(cint(self.defaults_seen), cint(before and before.defaults_seen))

	def keep_snapshots_as_long_as_set(self):
		log_settings = frappe.get_doc("Log Settings")
		days = cint(self.snapshot_retention_days)
		row = next((row for row in log_settings.logs_to_clear if row.ref_doctype == SNAPSHOT), None)
		if row and row.days == days:
			return
		log_settings.register_doctype(SNAPSHOT, days)
		# this one number of theirs is a setting of ours
		log_settings.flags.ignore_permissions = True
		log_settings.save()

	def warn_of_missing_rates(self):
		target = reporting_currency()
		missing = sorted(set(self.currencies_without_rate(target)))
		if missing:
			frappe.msgprint(
				_(
					"There is no exchange rate from {0} to {1}, so amounts in it are left out of the scores. Add a {2} record."
				).format(
					", ".join(bold(currency) for currency in missing),
					bold(target),
					frappe.bold(_("Currency Exchange")),
				),
				title=_("Exchange Rate Missing"),
				indicator="orange",
			)

	def currencies_without_rate(self, target: str) -> Iterator[str]:
		chosen = [row.company for row in self.companies]
		filters = {"name": ("in", chosen)} if chosen else {}
		for currency in frappe.get_all("Company", filters, pluck="default_currency", distinct=True):
			if currency != target and not exchange_rate(SITE, currency, target, getdate()):
				yield currency
