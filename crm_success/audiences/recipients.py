"""Fills a native Email Group from an audience, and takes out again whom it put there. Sends nothing.

Whoever unsubscribed, in whatever way Frappe knows, is never put in. What people added by hand stays: Customer Audience
Recipient says which members of groups are ours, and for which customers. A member that unsubscribed stays too, because
it is what remembers that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import frappe
from frappe.utils import parse_addr, validate_email_address

from crm_success.audiences.recipient_consent import MEMBER_OF_GROUP, key_of, refused_addresses
from crm_success.audiences.recipient_contacts import CONTACT, Addressed, addressed_contacts
from crm_success.audiences.visible_members import visible_now
from crm_success.database import clock, conflicts
from crm_success.record_names import MEMBER, RECIPIENT
from crm_success.visibility import may_see_all, reads_everything, visible_among

GROUP = "Email Group"

_AT_ONCE = 2000
_LONGEST = 140

# a customer, and the key of an address
Pair = tuple[str, str]


@dataclass
class Filled:
	"""What became of a group, in addresses; `without_address` in customers, `invalid` as contact and what stands there."""

	added: int = 0
	kept: int = 0
	removed: int = 0
	unsubscribed: int = 0
	without_address: int = 0
	invalid: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
	"""Whom the audience wants in the group: each pair once, and each address as it is written."""

	customers: tuple[str, ...]
	addresses: Mapping[Pair, str]
	refused: Collection[str]

	@property
	def by_key(self) -> dict[str, str]:
		return {key: address for (_customer, key), address in reversed(self.addresses.items())}


@conflicts.own_transaction
def fill_email_group(audience: str, group: str, contacts: str) -> Filled:
	"""Make the group hold the addresses of the members that the user may see, and of nobody whom we put there earlier.

	Done twice it changes nothing. Two at once on the same group wait for each other. Commits. Checks no rights.
	"""
	# what others put in is only seen by a transaction that begins after they have ended
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	frappe.db.get_value(GROUP, group, "name", for_update=True)
	filled = Filled()
	wanted = _wanted(audience, group, contacts, filled)
	_put_in(audience, group, wanted, filled)
	_take_out(audience, group, wanted, filled)
	_forget_deleted(audience)
	frappe.get_doc(GROUP, group).update_total_subscribers()
	# the lock on the group ends here
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	return filled


def count_recipients(audience: str) -> int:
	"""How many customers the user would fill a group from."""
	return len(_visible_members(audience))


def _wanted(audience: str, group: str, contacts: str, filled: Filled) -> Wanted:
	customers = _visible_members(audience)
	reached: dict[str, list[Addressed]] = {}
	for names in _chunks(customers):
		for each in addressed_contacts(names, contacts):
			reached.setdefault(each.customer, []).append(each)
	valid = _only_valid((each for name in customers for each in reached.get(name, ())), filled)
	filled.without_address = len(set(customers).difference(customer for customer, _key in valid))
	refused = refused_addresses(group)
	filled.unsubscribed = len({key for _customer, key in valid if key in refused})
	allowed = {pair: address for pair, address in valid.items() if pair[1] not in refused}
	return Wanted(tuple(customers), allowed, refused)


def _visible_members(audience: str) -> list[str]:
	member = frappe.qb.DocType(MEMBER)
	query = frappe.qb.from_(member).select(member.customer).where(visible_now([audience]))
	return sorted(query.run(pluck=True))


def _only_valid(reached: Iterable[Addressed], filled: Filled) -> dict[Pair, str]:
	valid, invalid = {}, {}
	for each in reached:
		address = _valid_address(each.email)
		if address:
			valid.setdefault((each.customer, key_of(address)), address)
		else:
			invalid[each.contact] = f"{each.contact}: {each.email}"
	filled.invalid = list(invalid.values())
	return valid


def _valid_address(text: str) -> str:
	address = parse_addr(text)[1].strip()
	is_valid = address and "," not in address and len(address) <= _LONGEST
	return address if is_valid and validate_email_address(address) == address else ""


def _names_in(group: str) -> dict[str, str]:
	"""The names of the members of the group, by their address."""
	rows = frappe.get_all(
		MEMBER_OF_GROUP, {"email_group": group}, ["name", "email"], order_by="creation desc"
	)
	return {key_of(row.email): row.name for row in rows}


def _put_in(audience: str, group: str, wanted: Wanted, filled: Filled) -> None:
	names = _names_in(group)
	new = {key: address for key, address in wanted.by_key.items() if key not in names}
	filled.added, filled.kept = len(new), len(wanted.by_key) - len(new)
	made = _insert_members(group, new)
	names.update(made)
	records = _records_of(group)
	ours = {record.email_group_member for record in records}.union(made.values())
	known = {
		(record.customer, record.email_group_member) for record in records if record.audience == audience
	}
	pairs = [(customer, names[key]) for customer, key in wanted.addresses if names[key] in ours]
	_insert(
		RECIPIENT,
		("audience", "customer", "email_group_member"),
		[(audience, *pair) for pair in pairs if pair not in known],
	)


def _take_out(audience: str, group: str, wanted: Wanted, filled: Filled) -> None:
	"""Those whom this audience put in and does not want any more, unless another audience wants them still."""
	records = _records_of(group)
	leaving = [
		record
		for record in records
		if record.audience == audience and (record.customer, key_of(record.email)) not in wanted.addresses
	]
	judged = _may_be_judged({record.customer for record in leaving}, wanted.customers)
	dropped = {
		record.name
		for record in leaving
		if record.customer in judged or key_of(record.email) in wanted.refused
	}
	staying = {record.email_group_member for record in records if record.name not in dropped}
	gone = {
		record.email_group_member for record in records if record.name in dropped and not record.unsubscribed
	} - staying
	_delete(RECIPIENT, dropped)
	_delete(MEMBER_OF_GROUP, gone)
	filled.removed = len(gone)


def _may_be_judged(customers: Collection[str], members: Collection[str]) -> set[str]:
	"""Customers of whom the user knows whether they are in, and by which addresses; those that are gone are not in."""
	seen = set(visible_among(customers))
	if not may_see_all():
		there = frappe.get_all("Customer", {"name": ("in", list(customers) or [""])}, pluck="name")
		seen.update(set(customers).difference(there))
	# of who is in, somebody else may see other contacts
	return seen if reads_everything(CONTACT) else seen.difference(members)


def _records_of(group: str) -> list[frappe._dict]:
	"""What audiences put into the group, as far as it is still there."""
	record, row = frappe.qb.DocType(RECIPIENT), frappe.qb.DocType(MEMBER_OF_GROUP)
	query = frappe.qb.from_(record).join(row).on(row.name == record.email_group_member)
	query = query.select(
		record.name, record.audience, record.customer, record.email_group_member, row.email, row.unsubscribed
	)
	return query.where(row.email_group == group).run(as_dict=True)


def _forget_deleted(audience: str) -> None:
	"""People may delete members of groups, and groups."""
	record, row = frappe.qb.DocType(RECIPIENT), frappe.qb.DocType(MEMBER_OF_GROUP)
	query = frappe.qb.from_(record).left_join(row).on(row.name == record.email_group_member)
	query = query.select(record.name).where((record.audience == audience) & row.name.isnull())
	_delete(RECIPIENT, query.run(pluck=True))


def _insert_members(group: str, addresses: Mapping[str, str]) -> dict[str, str]:
	"""By key, the names of the new rows. At once: a document each would count the whole group again each time."""
	rows = [(group, address, 0) for address in addresses.values()]
	names = _insert(MEMBER_OF_GROUP, ("email_group", "email", "unsubscribed"), rows)
	return dict(zip(addresses, names, strict=True))


def _insert(doctype: str, fields: Sequence[str], rows: Sequence[tuple]) -> list[str]:
	moment, user = clock.now(), frappe.session.user
	names = [frappe.generate_hash(length=20) for _row in rows]
	stamped = [(name, moment, moment, user, user, *row) for name, row in zip(names, rows, strict=True)]
	if stamped:
		stamps = ["name", "creation", "modified", "owner", "modified_by"]
		frappe.db.bulk_insert(doctype, [*stamps, *fields], stamped)
	return names


def _delete(doctype: str, names: Collection[str]) -> None:
	for chunk in _chunks(sorted(names)):
		frappe.db.delete(doctype, {"name": ("in", chunk)})


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
	return (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE))


def forget_recipients(audience: str) -> None:
	"""What the audience put into groups stays there from now on, as if somebody had added it by hand."""
	frappe.db.delete(RECIPIENT, {"audience": audience})
