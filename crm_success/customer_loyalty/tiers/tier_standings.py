"""Customer Tier Standings as rows and as the rules take them. Writes none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pypika import Table as SqlTable

from crm_success.customer_loyalty.tiers.tier_values import NO_TIER, Standing
from crm_success.database import reading
from crm_success.database.dialects import KeyRange, within
from crm_success.record_names import STANDING

# what a person sets
PROTECTION = ("protected_tier", "protected_until", "protection_reason", "protected_by")
# what the rules decide, by the field names of the record
DECIDED = (
	*("tier", "tier_since", "moved_on", "in_danger_since", "kept_on"),
	*("proposal", "proposed_tier", "declined_tier", "declined_on", "changes"),
)
# what is told besides
TOLD = (
	*("customer_name", "next_tier", "missing", "lost_by", "falls_to", "earned_tier"),
	*("revenue", "score", "customer_since", "currency"),
)
FIELDS = ("name", "customer", *DECIDED, *PROTECTION, *TOLD)

_AT_ONCE = 2000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Stored:
	"""A standing as it is in the database; `row` is empty where a customer has none yet."""

	row: Row

	@property
	def standing(self) -> Standing:
		"""As the rules take it."""
		row = self.row
		return Standing(
			tier=row.get("tier") or NO_TIER,
			tier_since=row.get("tier_since"),
			moved_on=row.get("moved_on"),
			in_danger_since=row.get("in_danger_since"),
			# no tier may be proposed, too
			proposed=(row.get("proposed_tier") or NO_TIER) if row.get("proposal") else None,
			declined=(row.get("declined_tier") or NO_TIER) if row.get("declined_on") else None,
			declined_on=row.get("declined_on"),
			kept_on=row.get("kept_on"),
			protected_tier=row.get("protected_tier") or NO_TIER,
			protected_until=row.get("protected_until"),
		)


def held_standings(customers: Iterable[str]) -> dict[str, Stored]:
	"""The standings of these customers, which nobody else changes until the transaction ends.

	By their names: to lock a range would lock the gaps between its rows.
	"""
	held: dict[str, Stored] = {}
	for chunk in chunks(sorted(customers)):
		held.update({row["customer"]: Stored(row) for row in _locked(chunk)})
	return held


def read_standings(keys: KeyRange) -> dict[str, Stored]:
	"""The same as they are now, without holding them."""
	bindings, rows = reading.bindings(), SqlTable(f"tab{STANDING}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in FIELDS))
	for condition in within(rows.customer, keys, bindings):
		query = query.where(condition)
	return {row["customer"]: Stored(row) for row in reading.read_rows(bindings.statement(query))}


def decided_values(standing: Standing) -> dict[str, Any]:
	"""The fields that follow from a standing alone."""
	return {
		"tier": standing.tier or None,
		"tier_since": standing.tier_since,
		"moved_on": standing.moved_on,
		"in_danger_since": standing.in_danger_since,
		"kept_on": standing.kept_on,
		"proposed_tier": standing.proposed or None,
		"declined_tier": standing.declined or None,
		"declined_on": standing.declined_on,
		"protected_tier": standing.protected_tier or None,
		"protected_until": standing.protected_until,
	}


def chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
	"""A few at a time, so that no statement is too long."""
	return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def _locked(customers: Sequence[str]) -> list[Row]:
	bindings, rows = reading.bindings(), SqlTable(f"tab{STANDING}")
	query = bindings.dialect.query.from_(rows).select(*(rows[name] for name in FIELDS))
	query = query.where(rows.customer.isin(bindings.bind_all(customers))).orderby(rows.customer).for_update()
	return reading.read_rows(bindings.statement(query))
