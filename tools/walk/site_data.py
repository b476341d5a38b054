"""Fills the site of the walk: a trading company's customers, invoices, payments and issues, people, and their scores.

`make walk` runs it in the bench's environment. The documents are those of the standalone demonstration, written as
rows. The same day always gives the same site.

    python -m tools.walk.site_data SITE PASSWORD     (from the sites folder)
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import frappe
from frappe.utils import getdate
from frappe.utils.password import update_password

from crm_success.standalone.demo import SEED, build
from crm_success.standalone.demo.people import COMPANY, COMPANY_UK, CURRENCY
from tools.walk.audience_data import make_audiences
from tools.walk.points_data import make_points
from tools.walk.tier_data import make_tiers
from tools.walk.walkers import LANGUAGES, PEOPLE

CUSTOMERS = 320
# small batches, so that a run's progress can be watched
BATCH_SIZE = 100
DAYS_SCORED = (*range(364, 29, -30), 28, 21, 14, 7, 0)

ACCOUNT_MANAGERS = ("Anna Becker", "Jonas Lind", "Maria Rossi", "Tom Hughes", "Zofia Nowak")
# at every customer
CONTACTS = (("Clara", "Weiss", "Head of Purchasing"), ("Peter", "Novak", "Accounts Payable"))
ROWS = ("Customer", "Sales Invoice", "Payment Ledger Entry", "Issue", "Currency Exchange")


def main(site: str, password: str) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.local.lang = "en"
	make_companies()
	make_people(password)
	copy_documents(getdate())
	make_contacts()
	settle()
	score(getdate())
	check_scores()
	make_audiences()
	make_tiers()
	make_points()
	frappe.destroy()


def make_companies() -> None:
	for name, abbreviation, country in ((COMPANY, "BS", "Germany"), (COMPANY_UK, "BSU", "United Kingdom")):
		if not frappe.db.exists("Company", name):
			company = {"company_name": name, "abbr": abbreviation, "default_currency": CURRENCY[name]}
			frappe.get_doc({"doctype": "Company", "country": country, **company}).insert()
	frappe.db.commit()


def make_people(password: str) -> None:
	for full_name in ACCOUNT_MANAGERS:
		make_user(f"{full_name.lower().replace(' ', '.')}@example.com", full_name)
	for person in PEOPLE:
		for language in LANGUAGES:
			make_user(person.user(language), person.full_name, *person.roles, language=language)
			update_password(person.user(language), password)
	frappe.db.commit()


def make_user(email: str, full_name: str, *roles: str, language: str = "en") -> None:
	if not frappe.db.exists("User", email):
		first, last = full_name.split()
		values = {"email": email, "first_name": first, "last_name": last, "language": language}
		frappe.get_doc({"doctype": "User", "send_welcome_email": 0, **values}).insert()
	if roles:
		frappe.get_doc("User", email).add_roles(*roles)


def copy_documents(as_of: date) -> None:
	"""The demonstration's rows, as they are; submitting thousands of invoices would take hours."""
	with tempfile.TemporaryDirectory() as folder:
		path = Path(folder) / "demo.sqlite"
		build(path, CUSTOMERS, SEED, as_of)
		with closing(sqlite3.connect(path)) as source:
			for doctype in ROWS:
				copy_rows(source, doctype)
	for territory in frappe.get_all(
		"Customer", {"territory": ("is", "set")}, pluck="territory", distinct=True
	):
		if not frappe.db.exists("Territory", territory):
			values = {"territory_name": territory, "parent_territory": "All Territories"}
			frappe.get_doc({"doctype": "Territory", **values}).insert()
	if frappe.get_meta("Sales Invoice").has_field("title"):  # version 15
		invoice = frappe.qb.DocType("Sales Invoice")
		frappe.qb.update(invoice).set(invoice.title, invoice.customer_name).run()
	frappe.db.commit()


def copy_rows(source: sqlite3.Connection, doctype: str) -> None:
	rows = source.execute(f'SELECT * FROM "tab{doctype}"')  # a name from ROWS
	columns = [column for column, *_ in rows.description]
	frappe.db.bulk_insert(doctype, columns, rows.fetchall(), ignore_duplicates=True, chunk_size=2000)


def make_contacts() -> None:
	"""Written as rows too: saving hundreds of them takes long."""
	contacts, links = [], []
	for number, customer in enumerate(frappe.get_all("Customer", pluck="name", order_by="name")):
		for place, (first, last, designation) in enumerate(CONTACTS):
			name = f"{first} {last}-{customer}"
			email = f"{first}.{last}.{number}@example.com".lower()
			contacts.append(
				(name, first, last, designation, email, f"+49 30 555 {number:03}{place}", int(not place))
			)
			links.append((name, name, "Contact", "links", 1, "Customer", customer))
	fields = ["name", "first_name", "last_name", "designation", "email_id", "phone", "is_primary_contact"]
	frappe.db.bulk_insert("Contact", fields, contacts, ignore_duplicates=True)
	fields = ["name", "parent", "parenttype", "parentfield", "idx", "link_doctype", "link_name"]
	frappe.db.bulk_insert("Dynamic Link", fields, links, ignore_duplicates=True)
	frappe.db.commit()


def settle() -> None:
	"""What an administrator would have done before the first run."""
	settings = frappe.get_doc("CRM Success Settings")
	settings.update({"reporting_currency": CURRENCY[COMPANY], "batch_size": BATCH_SIZE})
	settings.save()
	frappe.db.commit()


def score(today: date) -> None:
	"""A year of runs, so that there are trends, movers and charts."""
	from crm_success.batches.preparing import prepare_run
	from crm_success.batches.working import drain
	from crm_success.scoring.runs.starting import start_scoring

	for days_back in DAYS_SCORED:
		run = start_scoring(today - timedelta(days=days_back), "Command")
		frappe.db.commit()
		prepare_run(run)
		drain(run)
		frappe.db.commit()
		status = frappe.db.get_value("Work Run", run, "status")
		if not status.startswith("Completed"):
			raise SystemExit(f"{run} as of {today - timedelta(days=days_back)} is {status}")


def check_scores() -> None:
	"""A back-test, so that the card of the workspace has something to say."""
	from crm_success.batches.preparing import prepare_run
	from crm_success.batches.working import drain

	doc = frappe.get_doc({"doctype": "Score Back-test"}).insert()
	frappe.db.commit()
	prepare_run(doc.run)
	drain(doc.run)
	frappe.db.commit()
	status = frappe.db.get_value(doc.doctype, doc.name, "status")
	if status != "Completed":
		raise SystemExit(f"{doc.name} is {status}")


if __name__ == "__main__":
	main(*sys.argv[1:])
