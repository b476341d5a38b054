"""A document of any DocType that an enabled metric reads marks its customers, wherever it names them, and no other does."""

import frappe

from crm_success.record_names import HEALTH, METRIC, SETTINGS
from crm_success.scoring.named_customers import OF_EVERY_SCORE
from crm_success.scoring.runs.rescoring import rescore_stale
from crm_success.tests.support import factories
from crm_success.tests.support.scoring_site import ScoringTestCase, drop_jobs, forget_scores, marked_customers
from crm_success.tests.support.worker_processes import Helper
from crm_success.watching.watched_doctypes import watched_doctypes
from crm_success.watching.watchers import tell_of_written

ONE, TWO, THREE = "Watched One", "Watched Two", "Watched Three"
NOBODY = "watched.nobody@example.com"
VISIT, GUEST, DEAL = "Watched Visit", "Watched Guest", "Watched Deal"

FIELDS = {
	GUEST: [
		{"fieldname": "guest", "fieldtype": "Link", "options": "Customer", "label": "Guest"},
		{"fieldname": "minutes", "fieldtype": "Int", "label": "Minutes"},
	],
	VISIT: [
		{"fieldname": "customer", "fieldtype": "Link", "options": "Customer", "label": "Customer"},
		{"fieldname": "party_type", "fieldtype": "Link", "options": "DocType", "label": "Party Type"},
		{"fieldname": "party", "fieldtype": "Dynamic Link", "options": "party_type", "label": "Party"},
		{"fieldname": "remark", "fieldtype": "Data", "label": "Remark"},
		{"fieldname": "guests", "fieldtype": "Table", "options": GUEST, "label": "Guests"},
	],
	DEAL: [
		{"fieldname": "customer", "fieldtype": "Link", "options": "Customer", "label": "Customer"},
		{"fieldname": "remark", "fieldtype": "Data", "label": "Remark", "allow_on_submit": 1},
	],
}


def make_doctypes() -> None:
	for name, fields in FIELDS.items():
		kind = {"istable": name == GUEST, "is_submittable": name == DEAL}
		permissions = (
			[] if name == GUEST else [{"role": "System Manager", "read": 1, "write": 1, "create": 1}]
		)
		values = {"name": name, "module": "Custom", "custom": 1, "autoname": "hash", "fields": fields}
		frappe.get_doc({"doctype": "DocType", **values, **kind, "permissions": permissions}).insert()


def delete_doctypes() -> None:
	for name in reversed(FIELDS):
		frappe.delete_doc("DocType", name, force=True, ignore_missing=True)
		frappe.db.sql_ddl(f"drop table if exists `tab{name}`")
	frappe.db.commit()


def make_metric(name: str, source: str, customer_field: str, **values):
	how = {"measure": "Count", "scale": "Linear", "worst": 0, "best": 10, "date_field": "creation"}
	head = {
		"doctype": METRIC,
		"metric_name": name,
		"source_doctype": source,
		"customer_field": customer_field,
	}
	return frappe.get_doc({**head, **how, **values}).insert()


class TestScoredDocuments(ScoringTestCase):
	@classmethod
	def make_documents(cls):
		cls.addClassCleanup(delete_doctypes)
		make_doctypes()
		factories.make_user(NOBODY)
		for customer in (ONE, TWO, THREE):
			factories.make_customer(customer)

	def setUp(self):
		super().setUp()
		forget_scores()
		self.metrics_before = set(frappe.get_all(METRIC, pluck="name"))
		self.addCleanup(drop_jobs)

	def tearDown(self):
		super().tearDown()
		frappe.db.rollback()
		for doctype in FIELDS:
			frappe.db.delete(doctype)
		for name in set(frappe.get_all(METRIC, pluck="name")) - self.metrics_before:
			frappe.delete_doc(METRIC, name, force=True)
		frappe.db.commit()

	def visit(self, **values):
		return frappe.get_doc({"doctype": VISIT, **values}).insert(ignore_permissions=True)

	def test_a_link_to_the_customer_from_the_first_save_to_the_deletion(self):
		visit = self.visit(customer=ONE)
		self.assertEqual(marked_customers(), set(), "nothing is measured yet")
		make_metric("Watched Visits", VISIT, "customer")
		self.visit(customer=TWO)
		self.assertEqual(marked_customers(), {TWO}, "created")
		visit.update({"remark": "saved"}).save()
		self.assertEqual(marked_customers(), {ONE}, "saved")
		visit.db_set("remark", "set")
		self.assertEqual(marked_customers(), {ONE}, "set without saving")
		frappe.delete_doc(VISIT, visit.name)
		self.assertEqual(marked_customers(), {ONE}, "deleted")
		self.visit()
		self.assertEqual(marked_customers(), set(), "of nobody")

	def test_a_document_that_is_moved_marks_both_customers(self):
		make_metric("Watched Visits", VISIT, "customer")
		visit = self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})
		visit.update({"customer": TWO}).save()
		self.assertEqual(marked_customers(), {ONE, TWO})
		frappe.get_doc(VISIT, visit.name).db_set("customer", THREE)
		self.assertEqual(marked_customers(), {TWO, THREE})
		frappe.get_doc(VISIT, visit.name).update({"customer": None}).save()
		self.assertEqual(marked_customers(), {THREE})

	def test_a_dynamic_link_counts_where_it_names_a_customer(self):
		make_metric("Watched Parties", VISIT, "party")
		visit = self.visit(party_type="User", party=NOBODY, customer=ONE)
		self.assertEqual(marked_customers(), set())
		visit.update({"party_type": "Customer", "party": TWO}).save()
		self.assertEqual(marked_customers(), {TWO})
		visit.update({"party_type": "User", "party": NOBODY}).save()
		self.assertEqual(marked_customers(), {TWO}, "no longer")

	def test_rows_that_name_the_customer_themselves(self):
		make_metric("Watched Guests", GUEST, "guest", parent_doctype=VISIT)
		visit = self.visit(customer=THREE, guests=[{"guest": ONE}, {"guest": TWO}])
		self.assertEqual(marked_customers(), {ONE, TWO})
		visit.remove(visit.guests[0])
		visit.guests[0].minutes = 5
		visit.save()
		self.assertEqual(marked_customers(), {ONE, TWO}, "a row that is gone too")
		visit.guests[0].db_set("minutes", 9)
		self.assertEqual(marked_customers(), {TWO}, "a row by itself")

	def test_rows_whose_document_names_the_customer(self):
		make_metric(
			"Watched Minutes", GUEST, "customer", parent_doctype=VISIT, measure="Sum", value_field="minutes"
		)
		visit = self.visit(customer=ONE, guests=[{"guest": TWO, "minutes": 1}])
		self.assertEqual(marked_customers(), {ONE})
		visit.guests[0].db_set("minutes", 9)
		self.assertEqual(marked_customers(), {ONE}, "a row by itself")
		visit.update({"customer": THREE}).save()
		self.assertEqual(marked_customers(), {ONE, THREE})

	def test_drafts_of_what_can_be_submitted_never_counted(self):
		make_metric("Watched Deals", DEAL, "customer")
		deal = frappe.get_doc({"doctype": DEAL, "customer": ONE}).insert()
		deal.update({"customer": TWO}).save()
		self.assertEqual(marked_customers(), set(), "a draft")
		deal.submit()
		self.assertEqual(marked_customers(), {TWO}, "submitted")
		deal.update({"remark": "changed"}).save()
		self.assertEqual(marked_customers(), {TWO}, "changed after it was submitted")
		deal.cancel()
		self.assertEqual(marked_customers(), {TWO}, "cancelled")
		frappe.delete_doc(DEAL, deal.name)
		self.assertEqual(marked_customers(), {TWO}, "deleted")
		frappe.delete_doc(DEAL, frappe.get_doc({"doctype": DEAL, "customer": ONE}).insert().name)
		self.assertEqual(marked_customers(), set(), "a draft that goes")

	def test_only_while_the_metric_is_enabled_and_there(self):
		metric = make_metric("Watched Visits", VISIT, "customer")
		changes = (
			(lambda: metric.update({"enabled": 0}).save(), set()),
			(lambda: metric.update({"enabled": 1}).save(), {ONE}),
			(lambda: metric.db_set("enabled", 0), set()),
			(lambda: metric.db_set("enabled", 1), {ONE}),
			(lambda: metric.update({"customer_field": "party"}).save(), set()),
			(lambda: metric.update({"customer_field": "customer"}).save(), {ONE}),
			(lambda: frappe.rename_doc(METRIC, metric.name, "Watched Still"), {ONE}),
			(lambda: frappe.delete_doc(METRIC, "Watched Still"), set()),
		)
		for number, (change, expected) in enumerate(changes):
			with self.subTest(number):
				change()
				frappe.db.commit()
				self.visit(customer=ONE)
				self.assertEqual(marked_customers(), expected)

	def test_in_the_transaction_that_saves_the_metric_and_no_more_once_it_is_rolled_back(self):
		self.visit(customer=TWO)
		make_metric("Watched Visits", VISIT, "customer")
		self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})
		make_metric("Watched Parties", VISIT, "party")
		frappe.db.rollback()
		self.visit(party_type="Customer", party=TWO)
		self.assertEqual(marked_customers(), set())

	def test_a_metric_that_another_process_saves_is_noticed(self):
		self.assertNotIn(VISIT, watched_doctypes())
		frappe.db.commit()
		values = {"doctype": METRIC, "metric_name": "Watched Visits", "source_doctype": VISIT}
		values |= {"customer_field": "customer", "date_field": "creation"}
		Helper(f"frappe.get_doc({values!r}).insert(); frappe.db.commit()").output()
		frappe.db.commit()
		self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})
		disable = f"frappe.get_doc({METRIC!r}, 'Watched Visits').update({{'enabled': 0}}).save()"
		Helper(f"{disable}; frappe.db.commit()").output()
		frappe.db.commit()
		self.visit(customer=ONE)
		self.assertEqual(marked_customers(), set())

	def test_who_began_before_a_metric_was_saved_hears_of_it_and_tells_the_others_nothing_else(self):
		late = Helper(
			f"from crm_success.watching.watched_doctypes import watched_doctypes\n"
			f"frappe.get_all({METRIC!r}, limit=1); print('there', flush=True); input()\n"
			f"print({VISIT!r} in watched_doctypes()); frappe.db.commit()\n"
			f"print({VISIT!r} in watched_doctypes()); frappe.db.commit()"
		)
		late.wait_until_ready()
		make_metric("Watched Visits", VISIT, "customer")
		frappe.db.commit()
		late.go()
		self.assertEqual(late.output().split(), ["True", "True"])
		self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})

	def test_who_began_before_a_metric_was_saved_tells_nobody_what_was_then_though_nothing_is_kept(self):
		late = Helper(
			f"from crm_success.watching.watched_doctypes import watched_doctypes\n"
			f"frappe.get_all({METRIC!r}, limit=1); print('there', flush=True); input()\n"
			f"print({VISIT!r} in watched_doctypes()); frappe.db.commit()\n"
			f"print({VISIT!r} in watched_doctypes()); frappe.db.commit()"
		)
		late.wait_until_ready()
		make_metric("Watched Visits", VISIT, "customer")
		frappe.db.commit()
		# as where Redis is started anew
		frappe.cache.delete_keys("crm_success_watched")
		late.go()
		self.assertEqual(late.output().split(), ["False", "True"])
		self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})

	def test_a_metric_over_customers_marks_whoever_is_saved_and_comes_to_an_end(self):
		make_metric("Watched Customers", "Customer", "name")
		frappe.get_doc("Customer", ONE).update({"website": "watched.example.com"}).save()
		frappe.db.commit()
		self.assertEqual(frappe.get_all(HEALTH, {"stale": 1}, pluck="customer"), [ONE])
		rescore_stale()
		self.assertEqual(marked_customers(), set(), "what scoring writes marks nobody")
		gone = factories.make_customer("Watched Gone")
		self.assertEqual(marked_customers(), {gone})
		frappe.delete_doc("Customer", gone)
		self.assertEqual(marked_customers(), set())
		self.assertFalse(frappe.db.exists(HEALTH, {"customer": gone}), "no row for who is gone")

	def test_comments_are_minded_and_come_to_an_end(self):
		make_metric("Watched Comments", "Comment", "reference_name")
		frappe.get_doc("Customer", ONE).add_comment("Comment", "Called")
		frappe.get_doc("User", NOBODY).add_comment("Comment", "Called")
		frappe.db.commit()
		self.assertEqual(frappe.get_all(HEALTH, {"stale": 1}, pluck="customer"), [ONE])
		rescore_stale()
		self.assertEqual(marked_customers(), set())

	def test_a_customer_that_nobody_has_is_marked_and_forgotten(self):
		make_metric("Watched Parties", VISIT, "party")
		visit = frappe.get_doc({"doctype": VISIT, "party_type": "Customer", "party": "Watched Nowhere"})
		visit.insert(ignore_links=True)
		frappe.db.commit()
		rescore_stale()
		self.assertEqual(marked_customers(), set())
		self.assertFalse(frappe.db.exists(HEALTH, {"customer": "Watched Nowhere"}))

	def test_what_scoring_writes_itself_is_never_watched(self):
		make_metric("Watched Overrides", HEALTH, "customer")
		self.assertNotIn(HEALTH, watched_doctypes())
		factories.make_health(ONE)
		override = {
			"override_score": 9,
			"override_reason": "Told us",
			"override_until": frappe.utils.nowdate(),
		}
		frappe.get_doc(HEALTH, ONE).update(override).save()
		self.assertEqual(marked_customers(), set())

	def test_a_metric_whose_source_has_gone_leaves_the_others_to_be_watched(self):
		make_metric("Watched Visits", VISIT, "customer")
		for values in (
			{"source_doctype": "Gone for Good"},
			{"customer_field": "gone"},
			{"customer_field": None},
		):
			with self.subTest(values):
				metric = make_metric("Watched Deals", DEAL, "customer")
				frappe.db.set_value(METRIC, metric.name, values)
				metric.reload().run_method("on_change")
				frappe.get_doc({"doctype": DEAL, "customer": TWO}).insert().submit()
				self.visit(customer=ONE)
				self.assertEqual(marked_customers(), {ONE})
				frappe.delete_doc(METRIC, metric.name, force=True)

	def test_whoever_saves_and_whatever_they_may_read(self):
		make_metric("Watched Visits", VISIT, "customer")
		with self.set_user(NOBODY):
			self.assertFalse(frappe.has_permission(METRIC))
			self.visit(customer=ONE)
		self.assertEqual(marked_customers(), {ONE})

	def test_a_save_that_is_rolled_back_marks_nobody(self):
		make_metric("Watched Visits", VISIT, "customer")
		frappe.db.commit()
		self.visit(customer=ONE)
		frappe.db.rollback()
		self.assertEqual(marked_customers(), set())
		# names of such a transaction may wait for the next mark
		self.visit(customer=TWO)
		self.assertLessEqual({TWO}, marked_customers())

	def test_nobody_is_marked_where_the_settings_say_so(self):
		make_metric("Watched Visits", VISIT, "customer")
		frappe.db.set_single_value(SETTINGS, "rescore_on_transactions", 0)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_single_value, SETTINGS, "rescore_on_transactions", 1)
		self.visit(customer=ONE)
		tell_of_written(VISIT, ["one"], [ONE])
		self.assertEqual(marked_customers(), set())

	def test_hundreds_in_one_transaction_are_marked_at_once(self):
		make_metric("Watched Visits", VISIT, "customer")
		for number in range(300):
			self.visit(customer=(ONE, TWO)[number % 2])
		self.assertEqual(marked_customers(), {ONE, TWO})

	def test_what_a_bulk_writer_wrote_marks_its_customers(self):
		make_metric("Watched Visits", VISIT, "customer")
		tell_of_written(VISIT, ["one", "two"], [ONE, TWO])
		tell_of_written(DEAL, ["one"], [THREE])
		self.assertEqual(marked_customers(), {ONE, TWO})

	def test_what_every_score_is_read_from_is_watched_without_a_metric(self):
		frappe.db.set_value(METRIC, {"enabled": 1}, "enabled", 0, update_modified=False)
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.set_value, METRIC, {"name": ("in", self.metrics_before)}, "enabled", 1)
		frappe.get_last_doc(METRIC).run_method("on_change")
		self.assertEqual(set(watched_doctypes()), set(OF_EVERY_SCORE))
