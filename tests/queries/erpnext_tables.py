"""The tables of the tests, with the names and fieldtypes of ERPNext 15 and the column types Frappe gives them."""

from crm_success.database.dialects import Dialect
from crm_success.scoring.queries.tables import Column, PartyField, Table, kind_of

_STANDARD = {
	"name": "Data",
	"creation": "Datetime",
	"modified": "Datetime",
	"docstatus": "Int",
}
_CHILD = {"parent": "Data", "parenttype": "Data"}

_FIELDS = {
	"Customer": {
		"customer_name": "Data",
		"customer_group": "Link",
		"territory": "Link",
		"account_manager": "Link",
		"disabled": "Check",
		"is_internal_customer": "Check",
		"market_segment": "Link",
		"loyalty_rating": "Float",
	},
	"Sales Invoice": {
		"customer": "Link",
		"company": "Link",
		"posting_date": "Date",
		"posting_time": "Time",
		"due_date": "Date",
		"delivered_on": "Datetime",
		"is_return": "Check",
		"return_against": "Link",
		"is_debit_note": "Check",
		"is_consolidated": "Check",
		"is_pos": "Check",
		"is_opening": "Select",
		"is_internal_customer": "Check",
		"currency": "Link",
		"party_account_currency": "Link",
		"base_net_total": "Currency",
		"base_grand_total": "Currency",
		"base_rounded_total": "Currency",
		"total_qty": "Float",
		"items_count": "Int",
		"remarks": "Small Text",
		"territory": "Link",
		"support_time": "Duration",
	},
	"Sales Invoice Item": {
		"item_code": "Link",
		"item_group": "Link",
		"qty": "Float",
		"base_net_amount": "Currency",
	},
	"POS Invoice": {
		"customer": "Link",
		"company": "Link",
		"posting_date": "Date",
		"is_return": "Check",
		"is_opening": "Select",
		"base_net_total": "Currency",
		"total_qty": "Float",
		"remarks": "Small Text",
		"territory": "Link",
	},
	"Payment Schedule": {
		"idx": "Int",
		"due_date": "Date",
		"payment_amount": "Currency",
		"base_payment_amount": "Currency",
	},
	"Account": {"account_type": "Select"},
	"Delivery Note": {
		"customer": "Link",
		"company": "Link",
		"posting_date": "Date",
		"total_qty": "Float",
	},
	"Payment Ledger Entry": {
		"posting_date": "Date",
		"account_type": "Select",
		"account": "Link",
		"party_type": "Link",
		"party": "Dynamic Link",
		"voucher_type": "Link",
		"voucher_no": "Dynamic Link",
		"against_voucher_type": "Link",
		"against_voucher_no": "Dynamic Link",
		"amount": "Currency",
		"amount_in_account_currency": "Currency",
		"delinked": "Check",
		"company": "Link",
		"due_date": "Date",
	},
	"Issue": {
		"customer": "Link",
		"company": "Link",
		"status": "Select",
		"priority": "Link",
		"issue_split_from": "Link",
		"service_level_agreement": "Link",
		"service_level_agreement_creation": "Datetime",
		"opening_date": "Date",
		"opening_time": "Time",
		"response_by": "Datetime",
		"first_responded_on": "Datetime",
		"sla_resolution_by": "Datetime",
		"sla_resolution_date": "Datetime",
		"resolution_time": "Duration",
		"total_hold_time": "Duration",
		# of the app
		"health_closed_on": "Datetime",
	},
	# a DocType of the administrator's own
	"Service Visit": {
		"party_type": "Link",
		"party": "Dynamic Link",
		"visited_on": "Datetime",
		"duration": "Duration",
	},
	"Journal Entry": {"posting_date": "Date", "company": "Link", "is_opening": "Select"},
	"Journal Entry Account": {
		"party_type": "Link",
		"party": "Dynamic Link",
		"account": "Link",
		"debit": "Currency",
		"credit": "Currency",
	},
	"GL Entry": {
		"posting_date": "Date",
		"company": "Link",
		"party_type": "Link",
		"party": "Dynamic Link",
		"debit": "Currency",
		"is_cancelled": "Check",
	},
	# what audiences look at beside the customers
	"Customer Health": {
		"customer": "Link",
		"band": "Select",
		"score": "Float",
		"revenue": "Currency",
		"last_invoice": "Date",
		"components": "Small Text",
	},
	"Customer Credit Limit": {"company": "Link", "credit_limit": "Currency"},
	"Tag Link": {"document_type": "Link", "document_name": "Dynamic Link", "tag": "Link"},
	"Customer Audience Member": {"audience": "Link", "customer": "Link", "left_on": "Datetime"},
}
_CHILDREN = {"Sales Invoice Item", "Journal Entry Account", "Payment Schedule", "Customer Credit Limit"}
_SUBMITTABLE = {"Sales Invoice", "POS Invoice", "Delivery Note", "Journal Entry"}
_PARTIES = {
	"Payment Ledger Entry": (PartyField("party", "party_type"), PartyField("voucher_no", "voucher_type")),
	"Service Visit": (PartyField("party", "party_type"),),
	"Journal Entry Account": (PartyField("party", "party_type"),),
	"GL Entry": (PartyField("party", "party_type"),),
}


def _fieldtypes(doctype: str) -> dict[str, str]:
	return _STANDARD | (_CHILD if doctype in _CHILDREN else {}) | _FIELDS[doctype]


def _table(doctype: str) -> Table:
	columns = tuple(Column(name, kind_of(fieldtype)) for name, fieldtype in _fieldtypes(doctype).items())
	parties = _PARTIES.get(doctype, ())
	return Table(doctype, columns, doctype in _SUBMITTABLE, doctype in _CHILDREN, parties)


ALL_TABLES = {doctype: _table(doctype) for doctype in _FIELDS}
_OF_AUDIENCES = {"Customer Health", "Customer Credit Limit", "Tag Link", "Customer Audience Member"}
# with the sales of a till, and as a site without any has them
TABLES_WITH_TILL = {doctype: table for doctype, table in ALL_TABLES.items() if doctype not in _OF_AUDIENCES}
TABLES = {doctype: table for doctype, table in TABLES_WITH_TILL.items() if doctype != "POS Invoice"}

_NUMBER = "decimal(21,9) NOT NULL DEFAULT 0"
_MARIADB_TYPES = {
	"Check": "int(1) NOT NULL DEFAULT 0",
	"Int": "int(11) NOT NULL DEFAULT 0",
	"Float": _NUMBER,
	"Currency": _NUMBER,
	"Duration": "decimal(21,9)",
	"Date": "date",
	"Datetime": "datetime(6)",
	"Time": "time(6)",
	"Small Text": "text",
}
_POSTGRES_TYPES = _MARIADB_TYPES | {
	"Check": "smallint NOT NULL DEFAULT 0",
	"Int": "bigint NOT NULL DEFAULT 0",
	"Datetime": "timestamp",
}
_TYPES = {
	Dialect.SQLITE: _MARIADB_TYPES,
	Dialect.MARIADB: _MARIADB_TYPES,
	Dialect.POSTGRES: _POSTGRES_TYPES,
}
_TABLE_OPTIONS = {Dialect.MARIADB: " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"}
QUOTE = {Dialect.SQLITE: '"', Dialect.MARIADB: "`", Dialect.POSTGRES: '"'}


def create_statements(dialect: Dialect) -> list[str]:
	"""CREATE TABLE for every DocType of the tests."""
	return [_create(doctype, dialect) for doctype in _FIELDS]


def _create(doctype: str, dialect: Dialect) -> str:
	types, quote = _TYPES[dialect], QUOTE[dialect]
	columns = [
		f"{quote}{name}{quote} {types.get(fieldtype, 'varchar(140)')}{' PRIMARY KEY' if name == 'name' else ''}"
		for name, fieldtype in _fieldtypes(doctype).items()
	]
	return f"CREATE TABLE {quote}tab{doctype}{quote} ({', '.join(columns)}){_TABLE_OPTIONS.get(dialect, '')}"
