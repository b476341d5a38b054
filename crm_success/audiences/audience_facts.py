"""The statement that asks a range of customers what audiences want to know, each condition a bit. Pure: executes nothing."""

from collections.abc import Mapping, Sequence

from pypika import Case
from pypika import Table as SqlTable
from pypika.queries import QueryBuilder
from pypika.terms import Criterion, LiteralValue, Term

from crm_success.audiences.audience_rules import Condition, LooksAt, Rules
from crm_success.database.dialects import EVERYBODY, Bindings, KeyRange, Statement, json_number, within
from crm_success.record_names import HEALTH, MEMBER
from crm_success.scoring.engine.definitions import Filter
from crm_success.scoring.engine.errors import Phrase, SourceError, shown
from crm_success.scoring.queries.conditions import condition
from crm_success.scoring.queries.tables import Table

CUSTOMER = "Customer"
_TAGS = SqlTable("tabTag Link")

# a whole number of every database has room for so many
BITS_A_COLUMN = 60

Tables = Mapping[str, Table]


def facts_statement(
	rules: Rules,
	tables: Tables,
	bindings: Bindings,
	keys: KeyRange = EVERYBODY,
	only: Sequence[Criterion] = (),
) -> Statement:
	"""One row a customer that is not internal: name, whether it is disabled, as many whole numbers as `columns_of_bits`
	says, and a number (NULL: none) for each metric of the rules. Read it with `facts_of`.

	Raises SourceError or DefinitionError for what cannot be asked. `only`: further conditions on Customer and Customer
	Health, under their own names.
	"""
	customer, health = SqlTable(f"tab{CUSTOMER}"), SqlTable(f"tab{HEALTH}")
	query = bindings.dialect.query.from_(customer).left_join(health).on(health.customer == customer.name)
	query = query.select(customer.name, customer.disabled)
	criteria = [_criterion(each, tables, bindings) for each in rules.atoms]
	for start in range(0, len(criteria), BITS_A_COLUMN):
		query = query.select(_packed(criteria[start : start + BITS_A_COLUMN]))
	for key in rules.metrics:
		query = query.select(json_number(health.components, (key, "raw"), bindings))
	external = (customer.is_internal_customer == 0) | customer.is_internal_customer.isnull()
	return bindings.statement(
		query.where(Criterion.all([external, *within(customer.name, keys, bindings), *only]))
	)


def columns_of_bits(rules: Rules) -> int:
	"""How many columns of a row hold bits."""
	return -(-len(rules.atoms) // BITS_A_COLUMN)


def facts_of(row: Sequence, columns: int) -> tuple[str, bool, int, Sequence[float | None]]:
	"""Of a row: the customer, whether it is disabled, its facts as `Rules.members` takes them, the values of metrics."""
	bits = 0
	for place in range(columns):
		bits |= int(row[2 + place]) << (place * BITS_A_COLUMN)
	return row[0], bool(row[1]), bits, row[2 + columns :]


def _packed(criteria: Sequence[Criterion]) -> Term:
	packed = None
	for place, criterion in enumerate(criteria):
		bit = Case().when(criterion, LiteralValue(str(1 << place))).else_(LiteralValue("0"))
		packed = bit if packed is None else packed + bit
	return packed


def _criterion(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	return _BUILDERS[asked.looks_at](asked, tables, bindings)


def _on_customer(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	return _all_of(asked.filters, tables[CUSTOMER], SqlTable(f"tab{CUSTOMER}"), bindings)


def _on_health(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	health = SqlTable(f"tab{HEALTH}")
	# who was never scored fulfils nothing: to a filter, no number is zero
	return health.name.notnull() & _all_of(asked.filters, tables[HEALTH], health, bindings)


def _on_table(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	if asked.doctype not in tables or not tables[asked.doctype].is_child:
		raise SourceError("{0} is no table of a customer", shown(asked.doctype))
	rows = SqlTable(f"tab{asked.doctype}", alias="child")
	of_customers = rows.parenttype == bindings.bind(CUSTOMER)
	return _is_among(
		bindings.dialect.query.from_(rows)
		.select(rows.parent)
		.where(of_customers & _all_of(asked.filters, tables[asked.doctype], rows, bindings))
	)


def _has_tag(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	of_customers = _TAGS.document_type == bindings.bind(CUSTOMER)
	return _is_among(
		bindings.dialect.query.from_(_TAGS)
		.select(_TAGS.document_name)
		.where(of_customers & (_TAGS.tag == bindings.bind(asked.named)))
	)


def _is_member(asked: Condition, tables: Tables, bindings: Bindings) -> Criterion:
	rows = SqlTable(f"tab{MEMBER}", alias="member")
	is_open = (rows.audience == bindings.bind(asked.named)) & rows.left_on.isnull()
	return _is_among(bindings.dialect.query.from_(rows).select(rows.customer).where(is_open))


def _is_among(names: QueryBuilder) -> Criterion:
	return SqlTable(f"tab{CUSTOMER}").name.isin(names)


def _all_of(filters: Sequence[Filter], table: Table, rows: SqlTable, bindings: Bindings) -> Criterion:
	criteria = []
	for filter_ in filters:
		kind = table.kinds.get(filter_.fieldname)
		if kind is None:
			raise SourceError("{0} has no column {1}", Phrase(table.doctype), shown(filter_.fieldname))
		criteria.append(condition(filter_, rows[filter_.fieldname], kind, bindings))
	return Criterion.all(criteria)


_BUILDERS = {
	LooksAt.CUSTOMER: _on_customer,
	LooksAt.TABLE: _on_table,
	LooksAt.HEALTH: _on_health,
	LooksAt.TAG: _has_tag,
	LooksAt.AUDIENCE: _is_member,
}
