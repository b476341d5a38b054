"""What people make around our DocTypes, and a row in every field of the site that can name one; for test_installation.py."""

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from crm_success.tests.support.factories import SLA, make_customer, make_service_level_agreement
from crm_success.tests.support.tiered_documents import give_tier, make_rules, make_sale, make_tier

OURS = "Customer Health"
RECORD = ("Health Metric", "Open Issues")
NAME = "Left Behind"
PAGE = "Left Behind Page"
CUSTOMER = "Left Behind Ltd"
TIER = "Left Behind Tier"
# counters of others, and how far they are
COUNTERS = {"SR-2026-": 41, "CAL-2026-": 7, "SR-2026-05-": 3, "SCORING-RUN-EU-2026-": 5}
OUR_COUNTERS = {
	**{"SCORING-RUN-2026-": 12, "AUDIENCES-RUN-2026-": 5, "SCORE-CALIBRATION-2026-": 2},
	**{"BACK-TEST-RUN-2026-": 3, "SCORE-BACK-TEST-2026-": 3},
}
# a pattern's underscore is any character
STRANGERS_PATCH = "crm-success.patches.of_another_app"

# naming our DocType there breaks the site before anything is uninstalled
_NOT_RAW = ("Custom Field", "Property Setter")


def make_all() -> None:
	make_rows_in_every_field()
	make_documents()
	make_custom_fields_of_others()
	make_what_a_tier_does()
	make_what_runs_on_customers()
	make_workspace()
	rows = frappe.qb.Table("tabSeries")
	for series, current in {**COUNTERS, **OUR_COUNTERS}.items():
		# runs of other tests may have counted already
		frappe.qb.from_(rows).delete().where(rows.name == series).run()
		frappe.qb.into(rows).columns("name", "current").insert(series, current).run()
	make("Patch Log", patch=STRANGERS_PATCH)
	frappe.db.set_value("User", "Administrator", "default_workspace", "CRM Success")
	if frappe.get_meta("User").has_field("default_app"):
		frappe.db.set_value("User", "Administrator", "default_app", "crm_success")
	frappe.db.set_value("Role", "Customer Success User", "creation", "2020-01-01 00:00:00")


def make(doctype: str, **values):
	return frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)


def make_documents() -> None:
	"""By the ordinary way, with all that their controllers do."""
	reference = {"reference_type": RECORD[0], "reference_name": RECORD[1]}
	make("ToDo", description="Ask Anna", allocated_to="Administrator", **reference)
	make("Notification", name=NAME, subject="At risk", document_type=OURS, event="New", message="Look",
		channel="System Notification", recipients=[{"receiver_by_role": "System Manager"}])  # fmt: skip
	make("Number Card", name=NAME, label=NAME, document_type=OURS, function="Count", filters_json="[]")
	make("Dashboard Chart", chart_name=NAME, chart_type="Group By", document_type=OURS, filters_json="[]",
		group_by_type="Count", group_by_based_on="band", type="Bar", is_public=1)  # fmt: skip
	make("Dashboard", dashboard_name=NAME, charts=[{"chart": NAME}], cards=[{"card": NAME}])
	make("Kanban Board", kanban_board_name=NAME, reference_doctype=OURS, field_name="band")
	make("Client Script", name=NAME, dt=OURS, script="// of a customer's own")
	make("Report", report_name=NAME, ref_doctype=OURS, report_type="Report Builder", is_standard="No")
	make("Auto Email Report", report=NAME, report_type="Report Builder", user="Administrator",
		email_to="anna@example.com", frequency="Daily", format="HTML")  # fmt: skip
	make(
		"Communication",
		subject=NAME,
		content="We called",
		reference_doctype=RECORD[0],
		reference_name=RECORD[1],
	)
	make("File", file_name="left-behind.txt", content="of Anna", is_private=1,
		attached_to_doctype=RECORD[0], attached_to_name=RECORD[1])  # fmt: skip
	make("User Permission", user="Administrator", allow="Customer Segment", for_value="Mid Value")
	make_property_setter("Customer", "health_band", "in_list_view", "0", "Check")
	create_custom_field(OURS, {"fieldname": "note", "fieldtype": "Data", "label": "Note"})
	frappe.db.set_single_value("Data Export", "reference_doctype", OURS)


def make_custom_fields_of_others() -> None:
	"""Fields that administrators make on documents of ERPNext, linked to ours and fetched from ours."""
	create_custom_field("Issue", {"fieldname": "their_band", "fieldtype": "Data", "label": "Their Band",
		"fetch_from": "customer.health_band"})  # fmt: skip
	create_custom_field("Issue", {"fieldname": "their_segment", "fieldtype": "Link", "label": "Their Segment",
		"options": "Customer Segment"})  # fmt: skip
	make_customer(CUSTOMER)
	make("Issue", subject=NAME, customer=CUSTOMER, their_segment="Mid Value")


def make_what_runs_on_customers() -> None:
	make("Notification", name=f"{NAME} on Customers", subject="At risk", document_type="Customer", event="Save",
		condition='doc.health_band == "At Risk"', message="Look", channel="System Notification",
		recipients=[{"receiver_by_role": "System Manager"}])  # fmt: skip
	make(
		"Kanban Board",
		kanban_board_name=f"{NAME} on Customers",
		reference_doctype="Customer",
		field_name="health_band",
	)
	make("Number Card", name=f"{NAME} on Customers", label=f"{NAME} on Customers", document_type="Customer",
		function="Count", filters_json='[["Customer", "health_band", "=", "At Risk"]]')  # fmt: skip
	make("Server Script", name=NAME, script_type="DocType Event", reference_doctype="Issue",
		doctype_event="Before Save", script='frappe.get_all("Customer Health", limit=1)')  # fmt: skip
	make("Notification", name=f"{NAME} of Strangers", subject="Open", document_type="Issue", event="New",
		condition='doc.subject == "health_band"', message="Look", channel="System Notification",
		recipients=[{"receiver_by_role": "System Manager"}])  # fmt: skip


def make_what_a_tier_does() -> None:
	"""A discount and a promise, by documents of ERPNext, and an order and an issue that have them."""
	make_service_level_agreement()
	make_rules(make_tier(TIER, 90, discount=10, promise=1))
	give_tier(CUSTOMER, TIER)
	make_sale("Sales Order", CUSTOMER, po_no=NAME)
	make("Issue", subject=f"{NAME} of a Tier", customer=CUSTOMER)


def make_workspace() -> None:
	"""Somebody's own page, with things of ours among others."""
	blocks = [
		{"id": "1", "type": "shortcut", "data": {"shortcut_name": "Health", "col": 3}},
		{"id": "2", "type": "shortcut", "data": {"shortcut_name": "Customers", "col": 3}},
		{"id": "3", "type": "number_card", "data": {"number_card_name": NAME, "col": 4}},
		{"id": "4", "type": "card", "data": {"card_name": "Masters", "col": 4}},
	]
	links = [
		{"type": "Card Break", "label": "Masters", "link_count": 2},
		{"type": "Link", "label": "Health", "link_type": "DocType", "link_to": OURS},
		{"type": "Link", "label": "Customers", "link_type": "DocType", "link_to": "Customer"},
	]
	make("Workspace", name=PAGE, label=PAGE, title=PAGE, public=0, for_user="Administrator", type="Workspace",
		parent_page="CRM Success", content=frappe.as_json(blocks), links=links,
		shortcuts=[{"type": "DocType", "label": "Health", "link_to": OURS},
			{"type": "DocType", "label": "Customers", "link_to": "Customer"}],
		number_cards=[{"number_card_name": NAME, "label": NAME}])  # fmt: skip


def make_rows_in_every_field() -> None:
	"""A bare row for each link to a DocType, whatever it is for, that names ours and a record of ours."""
	insert_row("Block Module", {"module": "CRM Success"})
	insert_row("Prepared Report", {"report_name": "RFM Matrix"})
	links, dynamic = fields_of("Link", "DocType"), fields_of("Dynamic Link")
	for doctype, fieldname, _options in links:
		driven = [name for other, name, type_field in dynamic if (other, type_field) == (doctype, fieldname)]
		insert_row(doctype, {fieldname: RECORD[0], **dict.fromkeys(driven, RECORD[1])})
	for doctype, fieldname, type_field in dynamic:
		if (doctype, type_field) in {(link[0], link[1]) for link in links}:
			insert_row(doctype, {type_field: "DocType", fieldname: OURS})
			insert_row(doctype, {type_field: "Report", fieldname: "RFM Matrix"})


def fields_of(fieldtype: str, options: str | None = None) -> list[tuple[str, str, str]]:
	"""DocType, name and options of each such field that has a column, but for those of ours."""
	filters = {"fieldtype": fieldtype, **({"options": options} if options else {})}
	rows = frappe.get_all("DocField", filters, ["parent", "fieldname", "options"], as_list=True)
	rows += frappe.get_all("Custom Field", filters, ["dt", "fieldname", "options"], as_list=True)
	without = frappe.get_all("DocType", {"module": "CRM Success"}, pluck="name")
	without += frappe.get_all("DocType", {"is_virtual": 1}, pluck="name")
	without += frappe.get_all("DocType", {"issingle": 1}, pluck="name")
	return [row for row in rows if row[0] not in (*without, *_NOT_RAW)]


def insert_row(doctype: str, values: dict[str, str]) -> None:
	count = frappe.flags.left_behind_rows = (frappe.flags.left_behind_rows or 0) + 1
	rows = frappe.qb.DocType(doctype)
	values = {"name": f"left-behind-{count}", **values}
	frappe.qb.into(rows).columns(*values).insert(*values.values()).run()


def take_all_away() -> None:
	"""What uninstalling kept."""
	for doctype, filters in (
		("Issue", {"customer": CUSTOMER}),
		("Sales Order", {"customer": CUSTOMER}),
		("Service Level Agreement", {"service_level": TIER}),
		("Service Level Agreement", {"service_level": SLA}),
		("Pricing Rule", {"title": f"Customer Tier {TIER}"}),
	):
		for name in frappe.get_all(doctype, filters, pluck="name"):
			frappe.delete_doc(doctype, name, force=True)
	frappe.db.set_single_value("Support Settings", "track_service_level_agreement", 0)
	frappe.delete_doc("Customer", CUSTOMER, force=True)
	for fieldname in ("Issue-their_band", "Issue-their_segment"):
		frappe.delete_doc("Custom Field", fieldname, ignore_missing=True)
	frappe.db.delete("ToDo", {"description": ("like", "%Ask Anna%")})
	frappe.db.delete("Communication", {"subject": NAME})
	for doctype in ("Notification", "Number Card", "Server Script", "Dashboard", "Workspace"):
		for name in frappe.get_all(doctype, {"name": ("like", "Left Behind%")}, pluck="name"):
			frappe.delete_doc(doctype, name, force=True)
	for name in frappe.get_all("File", {"file_name": ("like", "left-behind%")}, pluck="name"):
		frappe.delete_doc("File", name, force=True)
	frappe.db.delete("Patch Log", {"patch": STRANGERS_PATCH})
	for series in (*COUNTERS, *OUR_COUNTERS):
		frappe.db.delete("Series", {"name": series})
	for doctype in {field[0] for field in (*fields_of("Link", "DocType"), *fields_of("Dynamic Link"))}:
		frappe.db.delete(doctype, {"name": ("like", "left-behind-%")})
	frappe.db.set_value("Role", "Customer Success User", "creation", frappe.utils.now())
