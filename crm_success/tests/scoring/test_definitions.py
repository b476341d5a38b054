"""Definitions as an administrator makes them: what is filled in, what is refused and how, what is seeded."""

import json

import frappe

from crm_success.scoring.checks.source_fields import customer_fields
from crm_success.setup.defaults import DIMENSIONS, METRICS, SEGMENTS
from crm_success.setup.scorecard_defaults import SCORECARDS
from crm_success.setup.seed import desk_values, seed_defaults
from crm_success.tests.support.utils import SiteTestCase, messages


def new_metric(**values):
	"""A Health Metric that counts delivery notes, not saved."""
	return frappe.get_doc(
		{
			"doctype": "Health Metric",
			"metric_name": "Deliveries Under Test",
			"measure": "Count",
			"source_doctype": "Delivery Note",
			"scale": "Linear",
			"worst": 0,
			"best": 10,
			**values,
		}
	)


def new_expression(name: str, expression: str):
	return new_metric(metric_name=name, measure="Expression", source_doctype=None, expression=expression)


def new_scorecard(**values):
	"""A Health Scorecard of one metric, not saved."""
	return frappe.get_doc(
		{
			"doctype": "Health Scorecard",
			"scorecard_name": "Under Test",
			"enabled": 1,
			"dimensions": [{"dimension": "Value", "weight": 1}],
			"metrics": [{"metric": "Return Rate", "weight": 1}],
			"healthy_from": 70,
			"watch_from": 40,
			**values,
		}
	)


class TestSourceOfMetric(SiteTestCase):
	def test_customer_and_date_are_filled_in(self):
		metric = new_metric().insert()
		self.assertEqual(metric.metric_key, "deliveries_under_test")
		self.assertEqual((metric.customer_field, metric.date_field), ("customer", "posting_date"))

	def test_party_of_a_payment_is_filled_in(self):
		metric = new_metric(source_doctype="Payment Entry").insert()
		self.assertEqual((metric.customer_field, metric.date_field), ("party", "posting_date"))

	def test_customer_itself_is_measured_by_its_name(self):
		metric = new_metric(source_doctype="Customer").insert()
		self.assertEqual((metric.customer_field, metric.date_field), ("name", "creation"))

	def test_rows_of_a_child_table_take_customer_and_date_from_their_document(self):
		metric = new_metric(
			source_doctype="Delivery Note Item", measure="Sum", value_field="base_net_amount"
		).insert()
		self.assertEqual(metric.parent_doctype, "Delivery Note")
		self.assertEqual((metric.customer_field, metric.date_field), ("customer", "posting_date"))

	def test_child_table_of_several_documents_keeps_the_chosen_one(self):
		metric = new_metric(
			source_doctype="Sales Taxes and Charges",
			parent_doctype="Sales Order",
			measure="Sum",
			value_field="base_tax_amount",
		).insert()
		self.assertEqual((metric.parent_doctype, metric.date_field), ("Sales Order", "transaction_date"))

	def test_child_table_without_any_customer_is_refused(self):
		self.assert_refused(new_metric(source_doctype="BOM Item"), "Source DocType", "child table")

	def test_child_table_may_name_its_customers_itself(self):
		metric = new_metric(
			source_doctype="Journal Entry Account", measure="Sum", value_field="credit"
		).insert()
		self.assertEqual((metric.parent_doctype, metric.customer_field), ("Journal Entry", "party"))

	def test_of_several_dynamic_links_the_party_is_the_customer(self):
		"""Version 16 has more of them, such as the voucher of an advance."""
		expected = {
			("Payment Ledger Entry", ""): ["party"],
			("GL Entry", ""): ["party"],
			("Journal Entry Account", "Journal Entry"): ["party"],
			("Payment Entry Reference", "Payment Entry"): ["party"],
			("Bank Transaction Payments", "Bank Transaction"): ["party"],
			("Payment Request", ""): ["party"],
			("Opportunity", ""): ["party_name"],
			("Contract", ""): ["party_name"],
			("Appointment", ""): ["party"],
			("Quality Feedback", ""): ["document_name"],
		}
		found = {source: customer_fields(*source) for source in expected}
		self.assertEqual(found, expected)

	def test_without_a_party_a_link_to_anything_may_be_the_customer(self):
		self.assertEqual(customer_fields("ToDo"), ["reference_name"])
		self.assertGreater(len(customer_fields("Activity Log")), 1)
		self.assert_refused(
			new_metric(source_doctype="Activity Log"), "Customer Field", "several", "link_name"
		)

	def test_a_voucher_is_no_customer(self):
		metric = new_metric(source_doctype="GL Entry", customer_field="voucher_no")
		self.assert_refused(metric, "Customer Field", "party")

	def test_parent_that_has_no_such_table_is_refused(self):
		metric = new_metric(source_doctype="Delivery Note Item", parent_doctype="Sales Order")
		self.assert_refused(metric, "Parent DocType", "Delivery Note")

	def test_single_doctype_is_refused(self):
		self.assert_refused(new_metric(source_doctype="Selling Settings"), "Source DocType", "no documents")

	def test_doctype_without_customer_is_refused(self):
		self.assert_refused(
			new_metric(source_doctype="Supplier Group"), "Source DocType", "no link to Customer"
		)

	def test_field_that_is_no_customer_is_refused(self):
		self.assert_refused(new_metric(customer_field="territory"), "Customer Field", "customer")

	def test_misspelt_field_gets_a_suggestion(self):
		metric = new_metric(measure="Sum", value_field="base_grand_totl")
		self.assert_refused(metric, "Value Field", "Did you mean", "base_grand_total")

	def test_amount_in_the_currency_of_the_document_names_the_one_of_the_company(self):
		self.assert_refused(
			new_metric(measure="Sum", value_field="net_total"), "Value Field", "base_net_total"
		)

	def test_text_cannot_be_added_up_but_counted(self):
		self.assert_refused(new_metric(measure="Sum", value_field="territory"), "not a number")
		counted = new_metric(measure="Distinct Count", value_field="territory").insert()
		self.assertEqual(counted.value_field, "territory")

	def test_sum_without_a_field_is_refused(self):
		self.assert_refused(new_metric(measure="Sum"), "Value Field", "base_net_total")

	def test_several_dates_have_to_be_chosen_from(self):
		self.assert_refused(new_metric(source_doctype="Contract"), "Date Field", "start_date", "end_date")

	def test_protected_field_is_refused(self):
		frappe.get_doc(
			{
				"doctype": "Custom Field",
				"dt": "Delivery Note",
				"fieldname": "secret_margin",
				"label": "Secret Margin",
				"fieldtype": "Float",
				"permlevel": 1,
				"insert_after": "customer",
			}
		).insert()
		self.addCleanup(frappe.clear_cache, doctype="Delivery Note")
		self.addCleanup(
			frappe.db.sql_ddl, "ALTER TABLE `tabDelivery Note` DROP COLUMN IF EXISTS secret_margin"
		)
		self.addCleanup(frappe.delete_doc, "Custom Field", "Delivery Note-secret_margin", force=True)
		self.assert_refused(
			new_metric(measure="Sum", value_field="secret_margin"), "secret_margin", "permission level 1"
		)

	def test_computed_fields_count_as_fields(self):
		metric = new_metric(
			source_doctype="Issue",
			measure="Average",
			date_field="resolved_on",
			value_field="hours_to_resolve",
		)
		self.assertEqual(metric.insert().customer_field, "customer")

	def test_who_may_not_read_the_source_cannot_measure_it(self):
		user = make_manager()
		with self.set_user(user), self.assertRaisesRegex(frappe.PermissionError, "Delivery Note"):
			new_metric().insert()


def make_manager() -> str:
	"""A user whose only role is Customer Success Manager."""
	email = "manager@crm-success.example.com"
	user = frappe.get_doc(
		{"doctype": "User", "email": email, "first_name": "Manager", "send_welcome_email": 0}
	)
	user.insert(ignore_permissions=True).add_roles("Customer Success Manager")
	return email


class TestFilters(SiteTestCase):
	def assert_filter_refused(self, condition, *words):
		self.assert_refused(new_metric(filters=json.dumps([condition])), "Filters", *words)

	def test_desk_and_short_format_are_accepted(self):
		filters = [
			["Delivery Note", "status", "in", ["To Bill", "Completed"]],
			["posting_date", "between", ["2026-01-01", "2026-01-31"]],
			["Delivery Note", "customer_name", "like", "%Ltd%", False],
			["customer_group", "is", "set"],
		]
		new_metric(filters=json.dumps(filters)).insert()

	def test_invalid_json_is_refused(self):
		self.assert_refused(new_metric(filters="[[status"), "Filters", "not valid JSON")

	def test_unknown_field(self):
		self.assert_filter_refused(["is_retrun", "=", 0], "Delivery Note", "Did you mean", "is_return")

	def test_other_doctype(self):
		self.assert_filter_refused(
			["Sales Invoice", "is_return", "=", 0], "Sales Invoice", "only be on", "Delivery Note"
		)

	def test_unknown_operator(self):
		self.assert_filter_refused(["posting_date", "Timespan", "last week"], "operator", "between")

	def test_text_for_a_number(self):
		self.assert_filter_refused(["is_return", "=", "No"], "is a number", "1 for yes")

	def test_words_for_a_date(self):
		self.assert_filter_refused(["posting_date", ">", "yesterday"], "is a date", "2026-01-31")

	def test_one_value_for_between(self):
		self.assert_filter_refused(["posting_date", "between", ["2026-01-01"]], "two values")

	def test_empty_list(self):
		self.assert_filter_refused(["status", "in", []], "at least one value")

	def test_option_that_does_not_exist(self):
		self.assert_filter_refused(["status", "=", "Complted"], "Did you mean", "Completed")

	def test_is_something_else(self):
		self.assert_filter_refused(["status", "is", "empty"], "not set")

	def test_what_was_entered_is_escaped(self):
		self.assert_filter_refused(["<img src=x>", "=", 1], "&lt;img")
		self.assert_filter_refused(["a < b & c >", "=", 1], "a &lt; b &amp; c &gt;")

	def test_share_needs_a_numerator(self):
		self.assert_refused(new_metric(measure="Share of Matching Documents"), "Matching")


class TestKeysAndExpressions(SiteTestCase):
	def test_second_metric_of_like_name_gets_a_key_of_its_own(self):
		new_metric(metric_name="Deliveries (Test)").insert()
		self.assertEqual(new_metric(metric_name="Deliveries Test").insert().metric_key, "deliveries_test_2")

	def test_key_of_another_metric_is_refused(self):
		self.assert_refused(new_metric(metric_key="open_issues"), "Metric Key", "Open Issues")

	def test_key_that_is_no_name_is_refused(self):
		self.assert_refused(new_metric(metric_key="Net Revenue"), "Metric Key", "deliveries_under_test")

	def test_key_stays_when_the_metric_is_renamed(self):
		frappe.rename_doc("Health Metric", "Return Rate", "Rate of Returns", show_alert=False)
		self.assertEqual(frappe.db.get_value("Health Metric", "Rate of Returns", "metric_key"), "return_rate")
		self.assertTrue(frappe.db.exists("Health Scorecard Metric", {"metric": "Rate of Returns"}))

	def test_unknown_name_gets_a_suggestion(self):
		self.assert_refused(
			new_expression("Formula", "overdue_amuont / 2"), "overdue_amuont", "'overdue_amount'"
		)

	def test_chinese_user_reads_what_is_wrong_in_chinese(self):
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "zh"
		self.assert_refused(
			new_expression("Formula", "overdue_amuont / 2"),
			"没有标识为'overdue_amuont'的指标",
			"您是否想输入'overdue_amount'",
		)
		self.assert_refused(
			new_expression("Formula", "sum(open_issues, 1)"),
			"不允许使用函数'sum'",
			"位置1",
			"比较运算",
		)

	def test_forbidden_syntax_is_named(self):
		self.assert_refused(new_expression("Formula", "open_issues ** 9"), "Expression", "power")

	def test_cycle_shows_its_path(self):
		new_expression("First Formula", "open_issues + 1").insert()
		new_expression("Second Formula", "first_formula + 1").insert()
		first = frappe.get_doc("Health Metric", "First Formula")
		first.expression = "second_formula + 1"
		self.assert_refused(first, "first_formula → second_formula → first_formula")

	def test_metric_that_an_expression_uses_can_be_neither_deleted_nor_disabled(self):
		metric = frappe.get_doc("Health Metric", "Overdue Amount")
		metric.enabled = 0
		self.assert_refused(metric, "Overdue Share of Billed", "overdue_amount")
		with self.assertRaisesRegex(frappe.ValidationError, "Overdue Share of Billed"):
			frappe.delete_doc("Health Metric", "Overdue Amount")

	def test_metric_of_a_scorecard_cannot_be_deleted(self):
		with self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc("Health Metric", "Days Since Last Invoice")

	def test_fields_of_another_measure_are_emptied(self):
		metric = new_metric(measure="Sum", value_field="base_net_total").insert()
		metric.update({"measure": "Expression", "expression": "open_issues * 2"})
		metric.save()
		self.assertFalse(metric.source_doctype or metric.value_field or metric.date_field)

	def test_windows(self):
		self.assert_refused(new_metric(window_days=-1), "Window")
		self.assert_refused(new_metric(measure="Change Against Previous Window"), "Window")
		self.assert_refused(new_metric(measure="Consecutive Declining Months", window_days=30), "60 days")

	def test_scales(self):
		self.assert_refused(new_metric(worst=5, best=5), "Scale", "both 5")
		self.assert_refused(new_metric(scale="Bands"), "Bands", "add a row")
		bands = [{"minimum": 0, "points": 0}, {"minimum": 5, "points": 120}]
		self.assert_refused(new_metric(scale="Bands", bands=bands), "Bands", "120 points")


class TestScorecards(SiteTestCase):
	def test_new_default_takes_over(self):
		new_scorecard(is_default=1).insert()
		self.assertEqual(frappe.db.get_value("Health Scorecard", "Standard", "is_default"), 0)
		self.assertIn("Standard", messages())

	def test_last_default_stays(self):
		standard = frappe.get_doc("Health Scorecard", "Standard")
		standard.enabled = 0
		self.assert_refused(standard, "default scorecard")
		standard.update({"enabled": 1, "is_default": 0})
		self.assert_refused(standard, "default")
		with self.assertRaisesRegex(frappe.ValidationError, "default"):
			frappe.delete_doc("Health Scorecard", "Standard")

	def test_metric_outside_the_dimensions_is_refused(self):
		self.assert_refused(
			new_scorecard(metrics=[{"metric": "Tenure", "weight": 1}]), "Tenure", "Engagement"
		)

	def test_helper_metric_is_refused(self):
		metrics = [{"metric": "Overdue Amount", "weight": 1}]
		self.assert_refused(new_scorecard(metrics=metrics), "Overdue Amount", "no dimension")

	def test_weights(self):
		row = {"metric": "Return Rate", "weight": 1}
		self.assert_refused(new_scorecard(metrics=[row, dict(row)]), "Row 2", "listed twice")
		self.assert_refused(new_scorecard(metrics=[{**row, "weight": -1}]), "Row 1", "0 or more")
		self.assert_refused(new_scorecard(dimensions=[{"dimension": "Value", "weight": 0}]), "above 0")

	def test_bands_and_caps(self):
		self.assert_refused(new_scorecard(healthy_from=40), "Healthy From")
		self.assert_refused(new_scorecard(healthy_from=101), "Healthy From")
		cap = {"metric": "Tenure", "operator": "<", "value": 30, "cap": 130}
		self.assert_refused(new_scorecard(caps=[cap]), "Caps", "130")

	def test_filters_are_on_customer(self):
		filters = json.dumps([["customer_grup", "=", "Commercial"]])
		self.assert_refused(new_scorecard(customer_filters=filters), "Customer Filters", "customer_group")


class TestSegments(SiteTestCase):
	def test_range_upside_down_is_refused(self):
		segment = frappe.get_doc("Customer Segment", "High Value")
		segment.update({"r_min": 5, "r_max": 4})
		self.assert_refused(segment, "Recency", "from 5 to 4")

	def test_gaps_are_counted_and_shown(self):
		segment = frappe.get_doc("Customer Segment", "Mid Value")
		segment.r_min = 3
		segment.save()
		self.assertIn("14 of the 125", messages())
		self.assertIn("R1 F1 M3", messages())

	def test_deleting_the_last_resort_shows_the_gaps(self):
		frappe.delete_doc("Customer Segment", "Mid Value")
		self.assertIn("of the 125", messages())

	def test_whole_cover_says_nothing(self):
		frappe.get_doc("Customer Segment", "High Value").save()
		self.assertNotIn("125", messages())


class TestSettings(SiteTestCase):
	def settings(self, **values):
		return frappe.get_doc("CRM Success Settings").update(values)

	def test_ranges(self):
		self.assert_refused(self.settings(scoring_hour=24), "Scoring Hour", "0 to 23")
		self.assert_refused(self.settings(batch_size=99), "Batch Size", "100")
		self.assert_refused(self.settings(retention_percent=101), "Retention")

	def test_limits_in_order(self):
		self.assert_refused(self.settings(active_days=90), "Active Days", "Silent Days")
		self.assert_refused(self.settings(value_high_percent=60), "Top Percent", "50")

	def test_missing_exchange_rate_is_named(self):
		company_currency = frappe.db.get_value("Company", {}, "default_currency")
		currency = "CHF" if company_currency != "CHF" else "EUR"
		frappe.db.delete("Currency Exchange")
		self.settings(reporting_currency=currency).save()
		self.assertIn("no exchange rate", messages())
		self.assertIn("Currency Exchange", messages())

	def test_retention_is_passed_on_to_log_settings(self):
		self.settings(snapshot_retention_days=400).save()
		filters = {"ref_doctype": "Customer Health Snapshot"}
		self.assertEqual(frappe.get_all("Logs To Clear", filters, pluck="days"), [400])


class TestSeeds(SiteTestCase):
	def test_every_default_passes_its_own_validation(self):
		for doctype, name_field, records in (
			("Health Dimension", "dimension_name", DIMENSIONS),
			("Health Metric", "metric_name", METRICS),
			("Health Scorecard", "scorecard_name", SCORECARDS),
			("Customer Segment", "segment_name", SEGMENTS),
		):
			for record in records:
				doc = frappe.get_doc(doctype, record[name_field])
				doc.update(desk_values(record)).save()

	def test_edited_and_deleted_seeds_stay_as_they_are(self):
		frappe.db.set_value("Health Metric", "Open Issues", "worst", 17)
		frappe.delete_doc("Customer Segment", "Frequent Low Spend")
		seed_defaults()
		self.assertEqual(frappe.db.get_value("Health Metric", "Open Issues", "worst"), 17)
		self.assertFalse(frappe.db.exists("Customer Segment", "Frequent Low Spend"))

	def test_seeding_a_fresh_site_keeps_what_is_there(self):
		frappe.db.set_value("Health Metric", "Open Issues", "worst", 17)
		frappe.db.set_single_value("CRM Success Settings", "seeded", 0)
		frappe.delete_doc("Customer Segment", "Frequent Low Spend")
		seed_defaults()
		self.assertEqual(frappe.db.get_value("Health Metric", "Open Issues", "worst"), 17)
		self.assertTrue(frappe.db.exists("Customer Segment", "Frequent Low Spend"))


class TestWhoMayDefine(SiteTestCase):
	def test_roles(self):
		readers = (
			"Customer Success User",
			"Sales User",
			"Sales Manager",
			"Accounts User",
			"Accounts Manager",
			"Support Team",
		)
		definitions = ("Health Dimension", "Health Metric", "Health Scorecard", "Customer Segment")
		for doctype in definitions:
			permissions = {row.role: row for row in frappe.get_meta(doctype).permissions}
			self.assertEqual(set(permissions), {*readers, "Customer Success Manager", "System Manager"})
			self.assertFalse(any(permissions[role].write or permissions[role].create for role in readers))
			self.assertTrue(permissions["Customer Success Manager"].create)

	def test_nobody_makes_or_deletes_a_customers_health(self):
		for row in frappe.get_meta("Customer Health").permissions:
			self.assertFalse(row.create or row.delete, row.role)
			self.assertEqual(bool(row.write), row.role in ("Customer Success Manager", "System Manager"))
