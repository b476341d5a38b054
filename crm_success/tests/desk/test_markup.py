"""No script gets into a record of ours, by any way in, and none that got in by another comes out of a page."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

import frappe
from frappe.core.doctype.data_import.importer import Importer
from frappe.model.document import Document

from crm_success.record_names import AUDIENCE, HEALTH, SCORECARD, SEGMENT, SETTINGS
from crm_success.tests.support.permission_matrix import RIGHTS, SUCCESS_MANAGER, SYSTEM_MANAGER
from crm_success.tests.support.permission_site import OWN, OWN_NAME, PermissionTestCase

SCRIPT = "<img src=x onerror=alert(1)>"
# as Frappe's own cleaning leaves it: JSON, and a tag that only the page around it ends
PAST_FRAPPE = (f'"{SCRIPT}"', json.dumps(SCRIPT).replace("<", "\\u003c"), f'["{SCRIPT}"]', SCRIPT[:-1] + " ")
WAYS_PAST = (SCRIPT, *PAST_FRAPPE)
# of nothing but tags, a print view would show nothing
IN_WORDS = f"Before {SCRIPT} after"
REFUSED = "only plain text is kept here"
# what a person writes into as text
FREE = ("Data", "Small Text", "Text", "Long Text", "Autocomplete")
PRINTED = (*FREE, "Link", "Select")
# its texts are HTML already, escaped where runs write them
WRITTEN_AS_HTML = "Work Run Message"
SAVE = "frappe.desk.form.save.savedocs"


def texts_of(doc: Document, fieldtypes: tuple[str, ...]) -> Iterator[tuple[Document, Any]]:
	"""The record or a row of it, and each of its fields of these kinds."""
	for record in (doc, *doc.get_all_children()):
		for df in record.meta.fields:
			if df.fieldtype in fieldtypes and not df.is_virtual:
				yield record, df


def any_of(doctype: str) -> Document:
	if frappe.get_meta(doctype).issingle:
		return frappe.get_doc(doctype)
	return frappe.get_last_doc(doctype)


class TestEntry(PermissionTestCase):
	def assert_not_entered(self, answer: Any) -> None:
		self.assertEqual(answer.status_code, 417, answer.text[:800])
		self.assertIn(REFUSED, answer.text)
		self.assertIn("&lt;img", answer.text)
		self.assertNotIn("<img", answer.text)

	def person(self) -> Any:
		return self.plain[SUCCESS_MANAGER]

	def scorecard(self) -> Document:
		return frappe.get_doc(SCORECARD, {"is_default": 1})

	def test_every_text_that_a_person_may_change(self):
		"""Over both REST interfaces and set_value: refused, and nothing is stored."""
		written = []
		for doctype in [name for name, rights in RIGHTS.items() if "write" in rights[SUCCESS_MANAGER]]:
			doc = any_of(doctype)
			for record, df in texts_of(doc, FREE):
				if record is not doc or (df.read_only and doctype != HEALTH):
					continue
				if doctype == HEALTH and df.fieldname != "override_reason":
					continue
				written.append((doctype, df.fieldname))
				for text in WAYS_PAST:
					with self.subTest(doctype=doctype, field=df.fieldname, text=text):
						self.change_by_every_way(doctype, doc.name, df.fieldname, text)
		self.assertGreater(len(written), 10)

	def change_by_every_way(self, doctype: str, name: str, fieldname: str, text: str) -> None:
		values = {fieldname: text}
		if doctype == HEALTH:
			values.update(override_score=50, override_until=str(frappe.utils.getdate()))
		person = self.person()
		self.assert_not_entered(person.put(f"/api/resource/{doctype}/{name}", **values))
		self.assert_not_entered(person.put(f"/api/v2/document/{doctype}/{name}", **values))
		several = {"doctype": doctype, "name": name, "fieldname": values}
		self.assert_not_entered(person.call("frappe.client.set_value", **several))
		self.assertNotIn("img", str(frappe.db.get_value(doctype, name, fieldname)))

	def test_every_text_of_a_new_record(self):
		for doctype in [name for name, rights in RIGHTS.items() if "import" in rights[SUCCESS_MANAGER]]:
			template = frappe.copy_doc(any_of(doctype)).as_dict(no_nulls=True)
			name_field = frappe.get_meta(doctype).autoname.removeprefix("field:")
			for record, df in texts_of(any_of(doctype), FREE):
				# what is fetched is nothing that somebody enters
				if record.doctype != doctype or df.fieldname == name_field or df.fetch_from:
					continue
				values = {**template, name_field: "Markup Made", df.fieldname: PAST_FRAPPE[0]}
				with self.subTest(doctype=doctype, field=df.fieldname):
					posted = json.loads(frappe.as_json(values))
					self.assert_not_entered(self.person().post(f"/api/resource/{doctype}", **posted))
					as_a_form = json.dumps({**posted, "name": "new-markup-1", "__islocal": 1})
					self.assert_not_entered(self.person().call(SAVE, doc=as_a_form, action="Save"))
					self.assertFalse(frappe.db.exists(doctype, "Markup Made"))

	def test_a_name(self):
		"""Frappe's own check of names comes first or after; neither a new one nor a rename gets through."""
		for doctype in (SEGMENT, "Health Dimension", "Health Metric", SCORECARD, AUDIENCE):
			posted = json.loads(frappe.as_json(frappe.copy_doc(any_of(doctype)).as_dict(no_nulls=True)))
			name_field = frappe.get_meta(doctype).autoname.removeprefix("field:")
			for text in (SCRIPT, PAST_FRAPPE[0]):
				with self.subTest(doctype=doctype, text=text):
					answer = self.person().post(f"/api/resource/{doctype}", **{**posted, name_field: text})
					self.assertIn(answer.status_code, (409, 417), answer.text[:600])
					renamed = {"doctype": doctype, "old_name": any_of(doctype).name, "new_name": text}
					answer = self.person().call("frappe.client.rename_doc", **renamed)
					self.assertIn(answer.status_code, (409, 417), answer.text[:600])
					self.assertFalse(frappe.db.exists(doctype, {"name": ("like", "%img%")}))

	def test_the_reason_of_a_cap_with_its_scorecard_and_alone(self):
		card = self.scorecard()
		row = card.caps[0]
		path, person = f"/api/resource/{SCORECARD}/{card.name}", self.person()
		rows = [{**json.loads(frappe.as_json(row)), "reason": PAST_FRAPPE[0]}]
		self.assert_not_entered(person.put(path, caps=rows))
		change = {"doctype": row.doctype, "name": row.name, "fieldname": "reason", "value": PAST_FRAPPE[0]}
		self.assert_not_entered(person.call("frappe.client.set_value", **change))
		alone = person.put(f"/api/resource/{row.doctype}/{row.name}", reason=PAST_FRAPPE[0])
		self.assertNotEqual(alone.status_code, 200)
		self.assertNotIn("img", frappe.db.get_value(row.doctype, row.name, "reason"))

	def test_filters_and_their_escapes(self):
		card = self.scorecard()
		for value in (SCRIPT, "\\u003cimg"):
			filters = json.dumps([["customer_name", "=", value]]).replace("\\\\u", "\\u")
			path = f"/api/resource/{SCORECARD}/{card.name}"
			self.assert_not_entered(self.person().put(path, customer_filters=filters))

	def test_an_import(self):
		content = f'Segment Name,Strategy\nMarkup Imported,"""{SCRIPT}"""\n'
		file = frappe.get_doc(
			{"doctype": "File", "file_name": "segments.csv", "content": content, "is_private": 1}
		)
		file.insert()
		of_segments = {"reference_doctype": SEGMENT, "import_type": "Insert New Records"}
		asked = frappe.get_doc({"doctype": "Data Import", "import_file": file.file_url, **of_segments})
		asked.insert()
		try:
			Importer(SEGMENT, data_import=asked).import_data()
			frappe.db.rollback()
			(log,) = frappe.get_all("Data Import Log", {"data_import": asked.name}, ["success", "messages"])
			self.assertFalse(log.success)
			self.assertIn(REFUSED, log.messages)
			self.assertFalse(frappe.db.exists(SEGMENT, "Markup Imported"))
		finally:
			frappe.flags.in_import = False
			frappe.db.delete("Data Import Log", {"data_import": asked.name})
			for doc in (asked, file):
				frappe.delete_doc(doc.doctype, doc.name, force=True)
			frappe.db.commit()

	def test_texts_with_signs_that_are_no_tags_stay_as_they_are(self):
		text = "a < b, <= 5, <5 people, 3 > 2 -> next & <3"
		dimension = frappe.get_doc(
			{"doctype": "Health Dimension", "dimension_name": "Signs", "description": text}
		)
		dimension.insert()
		metric = frappe.get_doc(
			{
				**{
					"doctype": "Health Metric",
					"metric_name": "Signs",
					"dimension": "Value",
					"worst": 0,
					"best": 1,
				},
				**{"measure": "Expression", "expression": "1 if net_revenue_365d<revenue_trend<9 else 0"},
			}
		)
		metric.expression = metric.expression.replace("revenue_trend", "net_revenue_365d")
		metric.insert()
		card = self.scorecard()
		card.customer_filters = '[["name", "<", "5"], ["name", "<=", "9"], ["name", ">", "a"]]'
		card.is_default = 0
		copy = frappe.copy_doc(card)
		copy.update({"scorecard_name": "Signs", "is_default": 0})
		copy.insert()
		frappe.db.savepoint("signs")
		stored = frappe.db.get_value("Health Dimension", "Signs", "description")
		self.assertEqual(frappe.utils.html_utils.unescape_html(stored), text)
		self.assertIn("<net_revenue_365d<9", frappe.db.get_value("Health Metric", "Signs", "expression"))
		self.assertIn('"<="', frappe.db.get_value(SCORECARD, "Signs", "customer_filters"))


class TestPages(PermissionTestCase):
	"""With scripts put into the columns themselves, as an older version or another way in might have left them."""

	def setUp(self):
		super().setUp()
		self.before: list[tuple[str, str, str, Any]] = []

	def tearDown(self):
		for doctype, name, fieldname, value in reversed(self.before):
			self.put(doctype, name, fieldname, value)
		frappe.db.commit()
		super().tearDown()

	def put(self, doctype: str, name: str, fieldname: str, value: Any) -> None:
		if frappe.get_meta(doctype).issingle:
			frappe.db.set_single_value(doctype, fieldname, value)
		else:
			frappe.db.set_value(doctype, name, fieldname, value, update_modified=False)

	def poison(self, doc: Document) -> int:
		"""Puts a script into every text of the record and its rows; into how many."""
		poisoned = 0
		for record, df in texts_of(doc, PRINTED):
			# Frappe lets no company have markup in its name, and letterheads of ERPNext 16 print it
			if record.doctype == WRITTEN_AS_HTML or df.hidden or df.options == "Company":
				continue
			self.before.append((record.doctype, record.name, df.fieldname, record.get(df.fieldname)))
			self.put(record.doctype, record.name, df.fieldname, IN_WORDS)
			poisoned += 1
		frappe.clear_document_cache(doc.doctype, doc.name)
		return poisoned

	def printed(self, doc: Document, print_format: str) -> list[str]:
		"""The page, and what the desk's own print view asks for."""
		visitor = self.plain[SYSTEM_MANAGER]
		page = visitor.get("/printview", doctype=doc.doctype, name=doc.name, format=print_format)
		asked = {"doc": doc.doctype, "name": doc.name, "print_format": print_format}
		body = visitor.call("frappe.www.printview.get_html_and_style", **asked)
		for answer in (page, body):
			self.assertEqual(answer.status_code, 200, answer.text[:1500])
		return [page.text, body.json["message"]["html"]]

	def test_every_print_view(self):
		printable = [name for name, rights in RIGHTS.items() if "print" in rights[SYSTEM_MANAGER]]
		self.assertGreaterEqual(len(printable), 10)
		for doctype in printable:
			doc = any_of(doctype)
			default = frappe.get_meta(doctype).default_print_format
			poisoned = self.poison(doc)
			for print_format in {"Standard", default or "Standard"}:
				with self.subTest(doctype=doctype, print_format=print_format):
					for html in self.printed(doc, print_format):
						self.assertNotIn("<img src=x", html)
						if poisoned and doctype not in (SETTINGS, "Work Run"):
							self.assertIn("&lt;img src=x", html)

	def test_the_print_format_of_customer_health_shows_what_the_standard_one_shows(self):
		doc = frappe.get_doc(HEALTH, OWN)
		self.assertEqual(doc.meta.default_print_format, "Customer Health")
		self.assertEqual(frappe.db.get_value("Print Format", "Customer Health", "standard"), "Yes")
		for html in self.printed(doc, "Customer Health"):
			self.assertIn(OWN_NAME, html)
			self.assertIn(escape(doc.drivers.splitlines()[0], quote=False)[:20], html)
			for fieldname in ("band", "segment", "stage", "scorecard"):
				self.assertIn(doc.get(fieldname), html)

	def test_a_name_that_erpnext_keeps_comes_to_our_pages_without_markup(self):
		for name in PAST_FRAPPE[:1] + PAST_FRAPPE[3:]:
			with self.subTest(name=name):
				self.before += [(doctype, OWN, "customer_name", OWN_NAME) for doctype in ("Customer", HEALTH)]
				customer = frappe.get_doc("Customer", OWN)
				customer.customer_name = name
				customer.save()
				frappe.db.commit()
				self.assertIn("<img", frappe.db.get_value("Customer", OWN, "customer_name"))
				self.assertEqual(
					frappe.db.get_value(HEALTH, OWN, "customer_name").strip(),
					name.replace("<", "(").replace(">", ")").strip(),
				)
				chart = self.plain[SYSTEM_MANAGER].call(
					"crm_success.crm_success.dashboard.charts.lowest_scores", "GET"
				)
				self.assertIn("(img", chart.text)
				self.assertNotIn("<img", chart.text)
