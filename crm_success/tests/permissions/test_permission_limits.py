"""People who may see some customers only, and people who try what the desk does not offer, by HTTP requests."""

import json
from contextlib import suppress
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from crm_success.tests.support import factories
from crm_success.tests.support.permission_matrix import (
	ACCOUNTS_USER,
	OF_A_CUSTOMER,
	OWNERS,
	READERS,
	RIGHTS,
	SALES_USER,
	SUCCESS_MANAGER,
	SYSTEM_MANAGER,
	TELL_OF_EVERYBODY,
)
from crm_success.tests.support.permission_site import OTHER, OWN, SECRET, PermissionTestCase, Visitor, rows_of
from crm_success.tests.support.utils import aggregate

HEALTH, SNAPSHOT = "Customer Health", "Customer Health Snapshot"
RUN, BATCH, MESSAGE = "Work Run", "Work Batch", "Work Run Message"
HEALTH_FIELDS = ("health_band", "health_score", "customer_segment", "lifecycle_stage")
OVERRIDE = {"override_score": 1, "override_until": add_days(nowdate(), 7), "override_reason": "PM Reason"}

REVENUE = {
	"metric_name": "PM Revenue",
	"measure": "Sum",
	"source_doctype": "Sales Invoice",
	"customer_field": "customer",
	"date_field": "posting_date",
	"value_field": "base_net_total",
	"scale": "Linear",
	"worst": 0,
	"best": 10,
}


class TestLimits(PermissionTestCase):
	def each_limited(self, check: Any) -> None:
		for role in READERS:
			with self.subTest(role=role):
				check(self.limited[role], role)

	def test_lists_hold_their_customers_only(self):
		def check(visitor, role):
			for doctype in OF_A_CUSTOMER:
				for answer in (
					visitor.get(f"/api/resource/{doctype}", fields=["*"], limit_page_length=0),
					visitor.list(doctype, fields=["*"], page_length=0),
					visitor.call("frappe.desk.reportview.get", doctype=doctype, fields='["customer"]'),
				):
					self.assert_allowed(answer)
					self.assertEqual({row["customer"] for row in rows_of(answer)}, {OWN})
					self.assert_leaks_nothing(answer)

		self.each_limited(check)

	def test_counts_count_their_customers_only(self):
		own = {doctype: frappe.db.count(doctype, {"customer": OWN}) for doctype in OF_A_CUSTOMER}

		def check(visitor, role):
			for doctype in OF_A_CUSTOMER:
				# frappe.client.get_count is another matter: it counts everything, for whomever, of any DocType
				method = "frappe.desk.reportview.get_count"
				self.assertEqual(visitor.call(method, doctype=doctype).json["message"], own[doctype])
				answer = visitor.call(method, doctype=doctype, filters=json.dumps({"customer": OTHER}))
				self.assertEqual(answer.json["message"], 0)

		self.each_limited(check)

	def test_link_fields_find_their_customers_only(self):
		def check(visitor, role):
			for txt in ("", "PM", SECRET[:4]):
				answer = visitor.call("frappe.desk.search.search_link", "GET", doctype=HEALTH, txt=txt)
				self.assert_allowed(answer)
				self.assert_leaks_nothing(answer)

		self.each_limited(check)

	def test_the_link_search_tells_no_more_than_names_where_it_ignores_limits(self):
		"""Frappe lets a client ask for that."""
		band = frappe.db.get_value(HEALTH, OTHER, "band")
		self.assertTrue(band)

		def check(visitor, role):
			arguments = {"doctype": HEALTH, "txt": "", "ignore_user_permissions": 1}
			answer = visitor.call("frappe.desk.search.search_link", "GET", **arguments)
			self.assertNotIn(band, answer.text)

		self.each_limited(check)

	def test_exports_hold_their_customers_only(self):
		def check(visitor, role):
			for doctype in OF_A_CUSTOMER:
				chosen = json.dumps(frappe.get_all(doctype, pluck="name"))
				arguments = {"doctype": doctype, "fields": ["*"], "file_format_type": "CSV"}
				for more in ({}, {"selected_items": chosen}):
					answer = visitor.call("frappe.desk.reportview.export_query", **arguments, **more)
					self.assert_answer(answer, "export" in RIGHTS[doctype][role])
					self.assert_leaks_nothing(answer)

		self.each_limited(check)

	def test_no_run_is_seen_in_any_way(self):
		def check(visitor, role):
			for doctype in TELL_OF_EVERYBODY:
				self.assertEqual(rows_of(visitor.list(doctype)), [])
				counted = visitor.call("frappe.desk.reportview.get_count", doctype=doctype)
				self.assertFalse(counted.json.get("message"))
				name = frappe.get_all(doctype, pluck="name")[0]
				self.assert_refused(visitor.get(f"/api/resource/{doctype}/{name}"))
				self.assert_refused(visitor.delete(f"/api/resource/{doctype}/{name}"))
				self.assertTrue(frappe.db.exists(doctype, name))
				found = visitor.call("frappe.desk.search.search_link", "GET", doctype=doctype, txt="")
				self.assertFalse(found.json.get("message"))

		self.each_limited(check)

	def test_messages_of_runs_are_no_way_around(self):
		self.a_message_about(OTHER)
		for role in OWNERS:
			for arguments in ({"parent": RUN}, {"parent_doctype": RUN}):
				ask = {"doctype": MESSAGE, "fields": json.dumps(["examples"]), **arguments}
				for method in ("frappe.client.get_list", "frappe.desk.reportview.get_list"):
					with self.subTest(role=role, method=method, arguments=arguments):
						self.assert_leaks_nothing(self.limited[role].call(method, **ask))
			everything = self.plain[role].call(
				"frappe.client.get_list", doctype=MESSAGE, parent=RUN, fields=json.dumps(["examples"])
			)
			self.assertIn(OTHER, everything.text)

	def test_a_limit_to_a_territory_hides_runs_too(self):
		visitor = self.limited[SUCCESS_MANAGER]
		permission = frappe.get_doc("User Permission", {"user": visitor.user})
		values = {"user": visitor.user, "allow": "Territory", "for_value": "All Territories"}
		territory = frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 1, **values})
		territory.insert(ignore_permissions=True)
		permission.delete()
		self.addCleanup(self.put_permission_back, permission, territory)
		for doctype in TELL_OF_EVERYBODY:
			self.assertEqual(rows_of(visitor.list(doctype)), [], doctype)

	def put_permission_back(self, permission, territory):
		frappe.set_user("Administrator")
		territory.delete()
		frappe.copy_doc(permission).insert(ignore_permissions=True)
		frappe.db.commit()

	def test_limits_on_something_else_hide_nothing(self):
		visitor = self.plain[SUCCESS_MANAGER]
		values = {"user": visitor.user, "allow": "Company", "for_value": factories.default_company()}
		permission = frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 1, **values})
		permission.insert(ignore_permissions=True)
		try:
			self.assertEqual(len(rows_of(visitor.list(RUN))), len(self.runs))
		finally:
			permission.delete()
			frappe.db.commit()

	def test_a_preview_names_only_documents_that_one_may_read(self):
		visitor = self.plain[SUCCESS_MANAGER]
		kept, hidden = frappe.get_all("Sales Invoice", {"customer": OWN}, pluck="name", order_by="name")
		values = {"user": visitor.user, "allow": "Sales Invoice", "for_value": kept}
		permission = frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 1, **values})
		permission.insert(ignore_permissions=True)
		frappe.get_doc("User", visitor.user).add_roles(ACCOUNTS_USER)
		try:
			answer = visitor.call(
				"crm_success.scoring.api.metric_form.preview_metric", metric=json.dumps(REVENUE)
			)
		finally:
			permission.delete()
			frappe.get_doc("User", visitor.user).remove_roles(ACCOUNTS_USER)
			frappe.db.commit()
		self.assert_allowed(answer)
		self.assertIn(kept, answer.text)
		self.assertNotIn(hidden, answer.text)

	def test_definitions_are_read_all_the_same(self):
		def check(visitor, role):
			for doctype in ("Customer Segment", "Health Dimension", "Health Metric", "Health Scorecard"):
				self.assertEqual(len(rows_of(visitor.list(doctype))), frappe.db.count(doctype), doctype)

		self.each_limited(check)

	def a_message_about(self, customer: str) -> None:
		row = frappe.new_doc(MESSAGE)
		row.update({"parenttype": RUN, "parent": self.runs[0], "parentfield": "messages", "idx": 99})
		row.update({"severity": "Info", "reason": "PM Reason", "examples": customer})
		row.db_insert()
		self.addCleanup(self.forget_message, row.name)

	def forget_message(self, name: str) -> None:
		frappe.db.delete(MESSAGE, {"name": name})
		frappe.db.commit()

	# a Customer Success Manager who may see one customer only tries to learn of another

	@property
	def attacker(self) -> Visitor:
		return self.limited[SUCCESS_MANAGER]

	def test_reading_another_by_name(self):
		snapshot = frappe.db.get_value(SNAPSHOT, {"customer": OTHER})
		for doctype, name in ((HEALTH, OTHER), (SNAPSHOT, snapshot)):
			ask = {"doctype": doctype, "name": name}
			for answer in (
				self.attacker.get(f"/api/resource/{doctype}/{name}"),
				self.attacker.get(f"/api/v2/document/{doctype}/{name}"),
				self.attacker.call("frappe.client.get", "GET", **ask),
				self.attacker.call("frappe.desk.form.load.getdoc", "GET", **ask),
				self.attacker.call("frappe.desk.form.load.get_docinfo", "GET", **ask),
				self.attacker.get("/printview", **ask),
				self.attacker.call("frappe.utils.print_format.download_pdf", "GET", **ask),
				self.attacker.call("frappe.www.printview.get_html_and_style", "GET", doc=doctype, name=name),
			):
				with self.subTest(doctype=doctype, request=answer.request.path):
					self.assert_refused(answer)

	def test_asking_in_other_ways_for_another(self):
		about_other = json.dumps({"customer": OTHER})
		name_filter = json.dumps([["customer", "!=", OWN]])
		for method, arguments in (
			(
				"frappe.client.get_value",
				{"doctype": HEALTH, "filters": about_other, "fieldname": '["customer_name"]'},
			),
			(
				"frappe.client.get_value",
				{"doctype": HEALTH, "filters": OTHER, "fieldname": '["customer_name"]'},
			),
			(
				"frappe.client.validate_link",
				{"doctype": HEALTH, "docname": OTHER, "fields": '["customer_name"]'},
			),
			("frappe.client.get_list", {"doctype": HEALTH, "filters": name_filter, "fields": '["customer"]'}),
			(
				"frappe.client.get_list",
				{"doctype": HEALTH, "or_filters": name_filter, "fields": '["customer"]'},
			),
			("frappe.client.get_list", {"doctype": HEALTH, "fields": '["customer.customer_name"]'}),
			("frappe.desk.link_preview.get_preview_data", {"doctype": HEALTH, "docname": OTHER}),
			("frappe.desk.form.linked_with.get", {"doctype": HEALTH, "docname": OTHER}),
			(
				"frappe.desk.form.utils.get_next",
				{"doctype": HEALTH, "value": OWN, "prev": 0, "filters": "[]"},
			),
			("frappe.desk.search.search_widget", {"doctype": HEALTH, "txt": "PM"}),
			("frappe.desk.reportview.get_stats", {"doctype": HEALTH, "stats": '["customer_name"]'}),
			(
				"frappe.desk.listview.get_group_by_count",
				{"doctype": HEALTH, "current_filters": "[]", "field": "customer_name"},
			),
		):
			with self.subTest(method=method, arguments=arguments):
				self.assertNotIn(SECRET, self.attacker.call(method, "GET", **arguments).text)

	def test_filters_groups_and_sorting_tell_nothing_of_another(self):
		score = frappe.db.get_value(HEALTH, OTHER, "score")
		found = aggregate("count", "name", "found")
		for filters in (
			[["customer", "=", OTHER]],
			[["score", "=", score], ["customer", "!=", OWN]],
		):
			answer = self.attacker.list(HEALTH, fields=[found], filters=json.dumps(filters))
			self.assertEqual([row["found"] for row in rows_of(answer)], [0])
		grouped = self.attacker.list(
			HEALTH,
			fields=["customer", found, aggregate("sum", "revenue", "revenue")],
			group_by="customer",
		)
		self.assertEqual([row["customer"] for row in rows_of(grouped)], [OWN])
		self.assertEqual([row["found"] for row in rows_of(grouped)], [1])
		sorted_list = self.attacker.list(HEALTH, order_by="score desc")
		self.assertEqual([row["name"] for row in rows_of(sorted_list)], [OWN])

	def test_number_cards_and_charts_made_up_by_the_client(self):
		card = {"document_type": HEALTH, "function": "Sum", "aggregate_function_based_on": "revenue"}
		method = "frappe.desk.doctype.number_card.number_card.get_result"
		answer = self.attacker.call(method, doc=json.dumps(card), filters="[]")
		self.assertEqual(answer.json["message"], frappe.db.get_value(HEALTH, OWN, "revenue"))
		chart = {
			"name": "PM",
			"chart_type": "Group By",
			"document_type": HEALTH,
			"group_by_type": "Count",
			"group_by_based_on": "customer_name",
			"filters_json": "[]",
		}
		method = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
		self.assertNotIn(SECRET, self.attacker.call(method, chart=json.dumps(chart), no_cache=1).text)

	def test_doing_something_to_another(self):
		before = everything_about(OTHER)
		about = {"doctype": HEALTH, "name": OTHER}
		for answer in (
			self.attacker.put(f"/api/resource/{HEALTH}/{OTHER}", **OVERRIDE),
			self.attacker.delete(f"/api/resource/{HEALTH}/{OTHER}"),
			self.attacker.call("frappe.client.set_value", **about, fieldname=OVERRIDE),
			self.attacker.call("frappe.share.add", **about, user=self.attacker.user, read=1),
			self.attacker.call("frappe.client.delete", **about),
		):
			with self.subTest(request=answer.request.path):
				self.assert_refused(answer)
		self.assertEqual(everything_about(OTHER), before)
		self.assertFalse(frappe.db.exists("DocShare", {"share_doctype": HEALTH}))

	# what scoring writes

	def test_no_computed_field_is_written_by_any_request(self):
		before = everything_about(OWN)
		for role in OWNERS:
			visitor = self.plain[role]
			for values in (
				{"score": 1},
				{"computed_score": 1},
				{"band": "Healthy" if before["band"] != "Healthy" else "At Risk"},
				{"components": "{}"},
				{"driver_facts": "[]"},
				{"revenue": 1},
				{"scorecard": None},
				{"customer": OTHER},
				{"stale": 1},
				{"as_of": "2020-01-01"},
				{"customer_name": "PM"},
				{"account_manager": "Administrator"},
				{"customer_disabled": 1},
				{"override_by": "Administrator"},
			):
				with self.subTest(role=role, values=values):
					visitor.put(f"/api/resource/{HEALTH}/{OWN}", **values)
					visitor.call("frappe.client.set_value", doctype=HEALTH, name=OWN, fieldname=values)
					self.assertEqual(everything_about(OWN), before)

	def test_titles_names_and_methods_are_no_way_around(self):
		before = everything_about(OWN)
		visitor = self.plain[SYSTEM_MANAGER]
		about = {"doctype": HEALTH, "docname": OWN}
		visitor.call("frappe.model.rename_doc.update_document_title", **about, title="PM", name="PM")
		visitor.call("frappe.desk.reportview.delete_items", doctype=HEALTH, items=json.dumps([OWN]))
		visitor.call("frappe.client.bulk_update", docs=json.dumps([{**about, "score": 1}]))
		for method in ("update_customer", "restore_computed_values", "store_missing_numbers", "db_set"):
			with self.subTest(method=method):
				refused = visitor.call("run_doc_method", dt=HEALTH, dn=OWN, method=method)
				self.assertNotEqual(refused.status_code, 200)
				refused = visitor.post(f"/api/resource/{HEALTH}/{OWN}?run_method={method}")
				self.assertNotEqual(refused.status_code, 200)
		self.assertEqual(everything_about(OWN), before)

	def test_who_set_an_override_is_not_for_the_client_to_say(self):
		visitor = self.plain[SUCCESS_MANAGER]
		answer = visitor.put(f"/api/resource/{HEALTH}/{OWN}", **OVERRIDE, override_by="Administrator")
		self.assert_allowed(answer)
		self.assertEqual(frappe.db.get_value(HEALTH, OWN, "override_by"), visitor.user)
		ended = {"override_score": 0, "override_until": None, "override_reason": ""}
		self.assert_allowed(visitor.put(f"/api/resource/{HEALTH}/{OWN}", **ended))

	def test_the_health_of_a_customer_is_not_written_through_the_customer(self):
		before = frappe.db.get_value("Customer", OWN, HEALTH_FIELDS)
		values = {
			"health_band": "Healthy" if before[0] != "Healthy" else "At Risk",
			"health_score": 99,
			"customer_segment": "",
			"lifecycle_stage": "Lost",
		}
		for visitor in (self.plain[SALES_USER], self.limited[SALES_USER]):
			answers = (
				visitor.put(f"/api/resource/Customer/{OWN}", **values),
				visitor.call("frappe.client.set_value", doctype="Customer", name=OWN, fieldname=values),
			)
			for answer in answers:
				self.assert_allowed(answer)
				self.assertEqual(frappe.db.get_value("Customer", OWN, HEALTH_FIELDS), before)

	def test_a_new_customer_brings_no_health_along(self):
		customer = frappe.get_doc("Customer", OWN)
		values = {
			"customer_name": "PM Made",
			"customer_group": customer.customer_group,
			"customer_type": "Company",
		}
		values |= {"territory": customer.territory, "health_band": "Healthy", "health_score": 99}
		answer = self.plain[SALES_USER].post("/api/resource/Customer", **values)
		self.assert_allowed(answer)
		name = answer.json["data"]["name"]
		self.assertEqual(frappe.db.get_value("Customer", name, HEALTH_FIELDS), (None, None, None, None))

	def test_a_file_of_scores_cannot_be_imported(self):
		before = {name: everything_about(name) for name in (OWN, OTHER)}
		for kind, text in (
			("Insert New Records", "Customer,Health Score\nPM-3,99\n"),
			("Update Existing Records", f"ID,Health Score\n{OWN},99\n"),
		):
			with self.subTest(kind=kind):
				# version 16 refuses the import itself, version 15 its rows
				with suppress(frappe.ValidationError):
					self.import_file(HEALTH, kind, text)
				self.assertEqual({name: everything_about(name) for name in before}, before)
				self.assertEqual(frappe.db.count(HEALTH, {"customer": ("like", "PM-%")}), len(before))

	def import_file(self, doctype: str, kind: str, text: str) -> None:
		"""As Frappe's background job does it, for a System Manager."""
		from frappe.utils.file_manager import save_file

		frappe.set_user(self.plain[SYSTEM_MANAGER].user)
		doc = frappe.get_doc({"doctype": "Data Import", "reference_doctype": doctype, "import_type": kind})
		doc.flags.ignore_permissions = True
		try:
			doc.insert()
			file = save_file("pm.csv", text.encode(), doc.doctype, doc.name, is_private=1)
			doc.db_set("import_file", file.file_url)
			frappe.get_doc(doc.doctype, doc.name).get_importer().import_data()
		finally:
			frappe.set_user("Administrator")
			frappe.delete_doc("Data Import", doc.name, force=True, ignore_missing=True)
			frappe.db.delete("Data Import Log", {"data_import": doc.name})
			frappe.db.commit()

	def test_settings_are_not_told_to_those_who_may_not_read_them(self):
		ask = {"doctype": "CRM Success Settings", "field": "batch_size"}
		for role in READERS:
			with self.subTest(role=role):
				answer = self.plain[role].call("frappe.client.get_single_value", "GET", **ask)
				self.assert_answer(answer, role in OWNERS)


def everything_about(customer: str) -> dict[str, Any]:
	"""The whole health but for the time of its last save."""
	row = frappe.db.get_value(HEALTH, customer, "*", as_dict=True) or {}
	return {key: value for key, value in row.items() if key not in ("modified", "modified_by")}
