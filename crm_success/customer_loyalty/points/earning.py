"""Gives documents the points they are due, and takes back what they are not due any more. One document that was just saved
and a million old ones go the same way. Nothing here commits.

What a document is worth by a rule is judged once. Afterwards the ledger is brought to what is due of it now, so it does
not matter how often, or in which order, somebody asks.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import frappe
from frappe.utils import getdate

from crm_success.customer_loyalty.points import earning_rules
from crm_success.customer_loyalty.points.earning_documents import read_earners, rules_for
from crm_success.customer_loyalty.points.earning_values import Earned, Earner, EarningRule, Event
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.given import Caps, GivenTo, given_points
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.points.point_values import Source
from crm_success.scoring.reads import Expression, Names, parse_expression, value_of

# why points are taken back, told with the entries
CANCELLED, DELETED, RETURNED, NOT_PAID = "Cancelled", "Deleted", "Returned", "Not Paid"
# and why they are there again
DUE_AGAIN = "Due Again"
AT_ONCE = 1000


@dataclass
class Earning:
	"""What became of documents: how many earned or lost points, and how many points in all."""

	documents: set[str] = field(default_factory=set)
	points: int = 0
	customers: set[str] = field(default_factory=set)

	def add(self, document: str, customer: str, points: int) -> None:
		"""Note points that were given, or taken back (below zero)."""
		self.documents.add(document)
		self.customers.add(customer)
		self.points += points


def earn(
	doctype: str, names: Sequence[str], rules: Collection[EarningRule], only: Collection[str] | None = None
) -> Earning:
	"""Bring the ledger to what these documents are due; with `only`, by these rules alone. Holds the accounts of their
	customers until the transaction ends.
	"""
	done = Earning()
	for start in range(0, len(names), AT_ONCE):
		_Documents(doctype, names[start : start + AT_ONCE], rules, only, done).bring_up()
	return done


def judge(doctype: str, name: str, rules: Collection[EarningRule]) -> dict[str, tuple[Earner, Earned]]:
	"""What a document would earn by each rule if it had earned by none yet. Writes nothing."""
	found: dict[str, tuple[Earner, Earned]] = {}
	for group in rules_for(doctype, rules):
		if earner := read_earners(doctype, [name], group).get(name):
			caps = Caps(group, {earner.customer}, without=(doctype, name))
			for rule, earned in earning_rules.judged(group, earner, formula_value, caps.before).items():
				found[rule] = (earner, earned)
	return found


def formula_value(text: str, numbers: Mapping[str, float]) -> float | None:
	"""The value of a rule's formula for the numbers of a document."""
	return value_of(_parsed(text), numbers)


def details_of(rule: EarningRule, earner: Earner, on: date, full: int, event_key: str) -> Details:
	"""What the entry says of points that a document earns by a rule on a day."""
	return Details(
		posting_date=on,
		company=earner.company,
		available_from=earning_rules.available_from(rule, on),
		expires_on=earning_rules.expires_on(rule, on),
		idle_days=earning_rules.idle_days(rule),
		is_qualifying=rule.is_qualifying,
		source=Source(earner.doctype, earner.name, rule.name),
		base_amount=earner.amount,
		full_points=full,
		event_key=event_key,
	)


@lru_cache(maxsize=200)
def _parsed(text: str) -> Expression:
	return parse_expression(text, Names.FIELDS)


class _Documents:
	"""Some documents of a DocType, with what is known of them, and the accounts of their customers."""

	def __init__(
		self,
		doctype: str,
		names: Sequence[str],
		rules: Collection[EarningRule],
		only: Collection[str] | None,
		done: Earning,
	) -> None:
		self.doctype, self.names, self.only, self.done = doctype, names, only, done
		self.rules = {rule.name: rule for rule in rules}
		# a group of rules, and the documents as these read them
		self.read = [(group, read_earners(doctype, names, group)) for group in rules_for(doctype, rules)]
		customers = {earner.customer for _, earners in self.read for earner in earners.values()}
		customers.update(given.customer for given in given_points(doctype, names).values())
		self.ledger = Ledger(customers - {""}, getdate())
		# once more: others may have given before the accounts were held
		self.given = given_points(doctype, names)
		self.caps = Caps(rules, self.ledger.known)

	def bring_up(self) -> None:
		"""Write what is to be given and taken back."""
		for group, earners in self.read:
			for earner in sorted(earners.values(), key=lambda earner: (earner.on, earner.name)):
				self._bring_up(earner, group)
		for (name, rule), given in self._of_gone_documents():
			is_open = given.now and given.customer in self.ledger.known
			if is_open and self._is_asked(rule) and not self._is_yearly(rule):
				self._take_back(given, self._source(name, rule), given.now, DELETED)
		self.ledger.write()

	def _bring_up(self, earner: Earner, group: Collection[EarningRule]) -> None:
		missing = self._open_rules(earner, group)
		judged: Mapping[str, Earned] = {}
		if missing and earner.customer in self.ledger.known:
			judged = earning_rules.judged(group, earner, formula_value, self.caps.before)
		for rule in sorted(group, key=lambda rule: rule.order):
			if not self._is_asked(rule.name):
				continue
			if given := self.given.get((earner.name, rule.name)):
				self._adjust(earner, rule, given)
			elif rule in missing and rule.name in judged and (full := judged[rule.name].full):
				self._earn(
					earner, rule, full, earning_rules.due_now(rule, earner, earning_rules.met_with(full))
				)

	def _open_rules(self, earner: Earner, group: Collection[EarningRule]) -> list[EarningRule]:
		"""Those by which the document may earn yet: none after one that has given and lets no other earn."""
		given = [rule for rule in group if (earner.name, rule.name) in self.given]
		last = min((rule.order for rule in given if rule.stops), default=None)
		return [rule for rule in group if rule not in given and (last is None or rule.order < last)]

	def _adjust(self, earner: Earner, rule: EarningRule, given: GivenTo) -> None:
		if given.customer not in self.ledger.known:
			# deleted, with its account
			return
		due = earning_rules.due_now(rule, earner, given)
		source = self._source(earner.name, rule.name)
		if due < given.now:
			self._take_back(given, source, given.now - due, _cause(earner))
		elif due > given.now:
			again = self.ledger.give_back(
				given.customer, due - given.now, self._details(given, source, DUE_AGAIN)
			)
			self.done.add(earner.name, given.customer, again)
			if more := due - given.now - again:
				# another part was paid
				self._earn(replace(earner, customer=given.customer), rule, given.full, more)

	def _earn(self, earner: Earner, rule: EarningRule, full: int, points: int) -> None:
		if points <= 0:
			return
		on = earning_rules.earned_on(rule, earner)
		given = self.given.get((earner.name, rule.name))
		key = key_of("earn", rule.name, self.doctype, earner.name, given.entries if given else 0)
		self.ledger.earn(earner.customer, points, details_of(rule, earner, on, full, key))
		if not given:
			is_whole = rule.event is Event.PAID_PART
			self.caps.add(rule.name, earner.customer, on, full if is_whole else points)
		self.done.add(earner.name, earner.customer, points)

	def _take_back(self, given: GivenTo, source: Source, points: int, cause: str) -> None:
		self.ledger.take_back(given.customer, points, self._details(given, source, cause))
		self.done.add(source.name, given.customer, -points)

	def _details(self, given: GivenTo, source: Source, cause: str) -> Details:
		return Details(
			posting_date=getdate(),
			company=given.company,
			is_qualifying=given.is_qualifying,
			source=source,
			cause=cause,
		)

	def _source(self, name: str, rule: str) -> Source:
		return Source(self.doctype, name, rule)

	def _is_yearly(self, rule: str) -> bool:
		"""What a day of each year has given stays, whatever becomes of the document that has the day."""
		return rule in self.rules and self.rules[rule].event is Event.YEARLY

	def _is_asked(self, rule: str) -> bool:
		return self.only is None or rule in self.only

	def _of_gone_documents(self) -> Iterator[tuple[tuple[str, str], GivenTo]]:
		"""What was given for documents that somebody deleted since."""
		known = {name for _, earners in self.read for name in earners}
		names = sorted({name for name, _ in self.given} - known)
		if not names:
			return
		known.update(frappe.get_all(self.doctype, {"name": ("in", names)}, pluck="name", order_by=None))
		yield from ((key, given) for key, given in self.given.items() if key[0] not in known)


def _cause(earner: Earner) -> str:
	if not earner.counts:
		return CANCELLED
	return RETURNED if earner.kept < 1 else NOT_PAID
