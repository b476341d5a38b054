"""Gives documents the points they are due, and takes back what they are not due any more. One document that was just saved
and a million old ones go the same way. Nothing here commits.

What a document is worth by a rule is judged once. Afterwards the ledger is brought to what is due of it now, so it does
not matter how often, or in which order, somebody asks.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import frappe
from frappe.utils import getdate

from crm_success.customer_loyalty.earning import earning_rules
from crm_success.customer_loyalty.earning.earning_documents import Documents, read_earners, rules_for
from crm_success.customer_loyalty.earning.earning_values import (
	HAS_EARNED,
	OF_INVOICES,
	Earned,
	Earner,
	EarningRule,
	Event,
	Why,
)
from crm_success.customer_loyalty.earning.given import Caps, GivenTo, given_points, still_theirs
from crm_success.customer_loyalty.points.event_keys import key_of
from crm_success.customer_loyalty.points.ledger import Details, Ledger
from crm_success.customer_loyalty.points.point_values import Source
from crm_success.record_names import REFERRAL
from crm_success.scoring.reads import Expression, Names, parse_expression, value_of

# why points are taken back, told with the entries
CANCELLED, DELETED, RETURNED, NOT_PAID = "Cancelled", "Deleted", "Returned", "Not Paid"
# of a referral whose invoice was undone
OPEN_AGAIN = "Open Again"
# and why they are there again
DUE_AGAIN = "Due Again"
AT_ONCE = 1000


@dataclass
class Earning:
	"""What became of documents: how many earned or lost points, how many points in all, and why others did not."""

	looked_at: int = 0
	documents: int = 0
	points: int = 0
	# of these, what could be spent until a day that is over
	lapsed: int = 0
	customers: set[str] = field(default_factory=set)
	why: Counter[str] = field(default_factory=Counter)

	def add(self, customer: str, points: int) -> None:
		"""Note points that were given, or taken back (below zero)."""
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
		piece = {doctype: names[start : start + AT_ONCE]}
		read = _read(piece, rules, only)
		customers = {earner.customer for each in read for earner in each.earners.values()}
		for given in _given(piece).values():
			customers.update(one.customer for one in given)
		ledger = Ledger(customers - {""}, getdate())
		# once more: others may have given before the accounts were held
		_Documents(piece, read, rules, only, ledger, _given(piece), done).bring_up()
	return done


def earn_in_order(
	documents: Mapping[str, Documents],
	rules: Collection[EarningRule],
	only: Collection[str],
	ledger: "Ledger | Untouched",
) -> Earning:
	"""The same for all documents of some customers, by DocType, the oldest first; the ledger holds their accounts, and the
	transaction has read nothing before. On one that stays untouched it tells what would be given.
	"""
	done = Earning()
	read = _read(documents, rules, only)
	given = _given(_that_may_have(documents, read, ledger), ledger.is_fresh)
	_Documents(documents, read, rules, only, ledger, given, done).bring_up()
	return done


@dataclass(frozen=True)
class Untouched:
	"""Stands for a ledger on which nothing is written: customers, as if they had accounts."""

	known: Collection[str]
	with_entries: Collection[str]
	is_fresh: bool = True

	def has_entries(self, customer: str) -> bool:
		"""Whether the customer ever had points."""
		return customer in self.with_entries

	def earn(self, customer: str, points: int, details: Details) -> None:
		"""Nothing."""

	def take_back(self, customer: str, points: int, details: Details) -> None:
		"""Nothing."""

	def give_back(self, customer: str, points: int, details: Details) -> int:
		"""All of it would be given."""
		return points

	def write(self) -> None:
		"""Nothing."""


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
		created=earner.created,
		base_amount=earner.amount,
		full_points=full,
		event_key=event_key,
	)


@lru_cache(maxsize=200)
def _parsed(text: str) -> Expression:
	return parse_expression(text, Names.FIELDS)


@dataclass(frozen=True)
class _Read:
	"""Documents of a DocType as a group of rules reads them."""

	doctype: str
	group: Sequence[EarningRule]
	earners: Mapping[str, Earner]


def _read(
	documents: Mapping[str, Documents], rules: Collection[EarningRule], only: Collection[str] | None
) -> list[_Read]:
	return [
		_Read(doctype, sorted(group, key=lambda rule: rule.order), read_earners(doctype, names, group))
		for doctype, names in documents.items()
		for group in rules_for(doctype, rules)
		if names and (only is None or any(rule.name in only for rule in group))
	]


def _that_may_have(
	documents: Mapping[str, Documents], read: Sequence[_Read], ledger: Ledger | Untouched
) -> Mapping[str, Sequence[str]]:
	"""Those that may have been given points before: an invoice that was submitted keeps its customer, so it has none where
	that has none.
	"""
	if not all(rule.event in OF_INVOICES for each in read for rule in each.group):
		return {doctype: list(found) for doctype, found in documents.items()}
	return {
		each.doctype: [name for name, earner in each.earners.items() if ledger.has_entries(earner.customer)]
		for each in read
	}


def _given(documents: Mapping[str, Sequence[str]], is_fresh: bool = False) -> dict[Source, list[GivenTo]]:
	return {
		Source(doctype, name, rule): given
		for doctype, names in documents.items()
		for (name, rule), given in given_points(doctype, names, is_fresh).items()
	}


class _Documents:
	"""Some documents, with what is known of them, and the accounts of their customers."""

	def __init__(
		self,
		documents: Collection[str],
		read: Sequence[_Read],
		rules: Collection[EarningRule],
		only: Collection[str] | None,
		ledger: Ledger | Untouched,
		given: Mapping[Source, Sequence[GivenTo]],
		done: Earning,
	) -> None:
		self.documents, self.read, self.only, self.done = documents, read, only, done
		self.rules = {rule.name: rule for rule in rules}
		self.ledger, self.known = ledger, ledger.known
		self.given: dict[Source, GivenTo] = {}
		# of documents that are gone, though another one may have the name
		self.of_former: list[tuple[Source, GivenTo]] = []
		self._tell_apart(given)
		self.caps = Caps(rules, self.known)
		self.today = getdate()

	def bring_up(self) -> None:
		"""Write what is to be given and taken back, the oldest documents first."""
		earners = [(earner, each.group) for each in self.read for earner in each.earners.values()]
		for earner, group in sorted(earners, key=lambda each: (each[0].on, each[0].doctype, each[0].name)):
			before = self.done.points
			self._bring_up(earner, group)
			self.done.looked_at += 1
			self.done.documents += self.done.points != before
		self._take_back_of_former()
		self.ledger.write()

	def _tell_apart(self, given: Mapping[Source, Sequence[GivenTo]]) -> None:
		"""What the documents that are there have, and what those had that are not there any more."""
		made = {(each.doctype, name): one.created for each in self.read for name, one in each.earners.items()}
		gone = self._gone(source for source in given if source[:2] not in made)
		for source, several in given.items():
			for one in several:
				if source[:2] in made and _is_of(one, made[source[:2]]):
					self.given[source] = one
				elif source[:2] in made or source[:2] in gone:
					self.of_former.append((source, one))

	def _gone(self, sources: Iterable[Source]) -> set[tuple[str, str]]:
		names: dict[str, set[str]] = {}
		for source in sources:
			names.setdefault(source.doctype, set()).add(source.name)
		found: set[tuple[str, str]] = set()
		for doctype, some in names.items():
			there = frappe.get_all(doctype, {"name": ("in", sorted(some))}, pluck="name", order_by=None)
			found.update((doctype, name) for name in some.difference(there))
		return found

	def _take_back_of_former(self) -> None:
		asked = [
			(source, given)
			for source, given in self.of_former
			if given.now
			and given.customer in self.known
			and self._is_asked(source.rule)
			and not self._is_yearly(source.rule)
		]
		theirs = still_theirs([given for _source, given in asked])
		for source, given in asked:
			if given in theirs:
				self._take_back(given, source, given.now, DELETED)

	def _bring_up(self, earner: Earner, group: Sequence[EarningRule]) -> None:
		sources = {rule.name: Source(earner.doctype, earner.name, rule.name) for rule in group}
		missing = self._open_rules(sources, group)
		judged: Mapping[str, Earned] = {}
		if missing and earner.customer in self.known:
			judged = earning_rules.judged(group, earner, formula_value, self.caps.before)
		for rule in group:
			source = sources[rule.name]
			if not self._is_asked(rule.name):
				continue
			if given := self.given.get(source):
				self._adjust(earner, rule, source, given)
			elif rule not in missing:
				self._tell(Why.STOPPED)
			elif rule.name not in judged:
				self._tell(Why.NO_CUSTOMER)
			elif full := judged[rule.name].full:
				self._earn(
					earner,
					rule,
					source,
					full,
					earning_rules.due_now(rule, earner, earning_rules.met_with(full)),
				)
			else:
				self._tell(judged[rule.name].why)

	def _open_rules(
		self, sources: Mapping[str, Source], group: Sequence[EarningRule]
	) -> Sequence[EarningRule]:
		"""Those by which the document may earn yet: none after one that has given and lets no other earn."""
		# a million old documents may have none
		given = [rule for rule in group if sources[rule.name] in self.given] if self.given else ()
		if not given:
			return group
		last = min((rule.order for rule in given if rule.stops), default=None)
		return [rule for rule in group if rule not in given and (last is None or rule.order < last)]

	def _adjust(self, earner: Earner, rule: EarningRule, source: Source, given: GivenTo) -> None:
		due = earning_rules.due_now(rule, earner, given)
		if due == given.now or given.customer not in self.known:
			# nothing to do, or deleted with its account
			self._tell(HAS_EARNED)
		elif due < given.now:
			self._take_back(given, source, given.now - due, _cause(earner))
		else:
			again = self.ledger.give_back(
				given.customer, due - given.now, self._details(given, source, DUE_AGAIN)
			)
			self.done.add(given.customer, again)
			if more := due - given.now - again:
				# another part was paid
				same = replace(earner, customer=given.customer, created=given.created)
				self._earn(same, rule, source, given.full, more)

	def _earn(self, earner: Earner, rule: EarningRule, source: Source, full: int, points: int) -> None:
		if points <= 0:
			self._tell(Why.NOTHING_TO_COUNT)
			return
		on = earning_rules.earned_on(rule, earner)
		given = self.given.get(source)
		number = given.entries if given else 0
		key = key_of("earn", rule.name, rule.created, source.doctype, source.name, earner.created, number)
		details = details_of(rule, earner, on, full, key)
		self.ledger.earn(earner.customer, points, details)
		if not given and rule.cap:
			is_whole = rule.event is Event.PAID_PART
			self.caps.add(rule.name, earner.customer, on, full if is_whole else points)
		if details.expires_on and details.expires_on < self.today:
			self.done.lapsed += points
		self.done.add(earner.customer, points)

	def _take_back(self, given: GivenTo, source: Source, points: int, cause: str) -> None:
		self.ledger.take_back(given.customer, points, self._details(given, source, cause))
		self.done.add(given.customer, -points)

	def _tell(self, why: str | None) -> None:
		"""Why a document earns nothing by a rule."""
		self.done.why[str(why.value if isinstance(why, Why) else why)] += 1

	def _details(self, given: GivenTo, source: Source, cause: str) -> Details:
		return Details(
			posting_date=getdate(),
			company=given.company,
			is_qualifying=given.is_qualifying,
			source=source,
			created=given.created,
			cause=cause,
		)

	def _is_yearly(self, rule: str) -> bool:
		"""What a day of each year has given stays, whatever becomes of the document that has the day."""
		return rule in self.rules and self.rules[rule].event is Event.YEARLY

	def _is_asked(self, rule: str) -> bool:
		return self.only is None or rule in self.only


def _is_of(given: GivenTo, created: str | None) -> bool:
	"""Whether a document that was made then has these points. The table of an old site may keep no parts of a second."""
	return given.created is None or given.created.startswith(created or "")


def _cause(earner: Earner) -> str:
	if not earner.counts:
		return OPEN_AGAIN if earner.doctype == REFERRAL else CANCELLED
	return RETURNED if earner.kept < 1 else NOT_PAID
