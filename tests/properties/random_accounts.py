"""Accounts of points with random histories, and a ledger in memory: what is written to it, the pure rules decide."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeAlias

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from crm_success.customer_loyalty.points.point_rules import (
	give_back,
	lapsed,
	lapsed_again,
	revived,
	settled,
	share_of,
	spend,
	take_back,
)
from crm_success.customer_loyalty.points.point_values import (
	ACTIVITIES,
	Kind,
	Lot,
	NotEnoughPoints,
	Source,
	Use,
)

BEGIN = date(2027, 12, 20)
Step: TypeAlias = tuple[Any, ...]
History: TypeAlias = list[Step]

parts = st.integers(0, 6).map(lambda sixths: Fraction(sixths, 6))
steps = st.one_of(
	st.tuples(
		st.just("earn"),
		st.integers(1, 150),
		parts,
		# days until they can be spent, and days without activity
		st.sampled_from(((0, 0), (0, 0), (1, 0), (14, 0), (14, 5), (0, 5), (0, 30))),
		st.sampled_from((None, 1, 10, 45, 400)),
	),
	st.tuples(st.just("spend"), st.integers(1, 200)),
	st.tuples(st.just("change"), st.integers(0, 9), parts),
	st.tuples(st.just("lapse")),
	st.tuples(st.just("wait"), st.sampled_from((1, 1, 2, 5, 10, 30, 60))),
)
histories = st.lists(steps, min_size=1, max_size=30)


def tried(test: Callable[..., None]) -> Callable[..., None]:
	"""With so many histories, FUZZ_TIMES as many where that is set."""
	number = 150 * int(os.environ.get("FUZZ_TIMES") or 1)
	return settings(max_examples=number, suppress_health_check=list(HealthCheck))(test)


@dataclass(frozen=True)
class Entry:
	"""A line of the ledger. Without a lot it is one itself, by its own name."""

	name: str
	kind: Kind
	points: int
	lot: str
	document: str
	on: date


@dataclass(frozen=True)
class Terms:
	"""When the points of a document can be spent: after so many days, and until so many later, or without activity."""

	wait: int = 0
	idle: int = 0
	days: int | None = None


@dataclass(frozen=True)
class Document:
	"""What earns: its points if all of it counts, and how much of it does."""

	full: int
	part: Fraction
	terms: Terms


@dataclass
class Account:
	"""The points of a customer. Each deed ends with what is owed being paid, as far as it can be."""

	on: date = BEGIN
	active_on: date | None = None
	entries: list[Entry] = field(default_factory=list)
	roots: dict[str, Lot] = field(default_factory=dict)
	documents: dict[str, Document] = field(default_factory=dict)

	@property
	def lots(self) -> list[Lot]:
		left = dict.fromkeys(self.roots, 0)
		for entry in self.entries:
			left[entry.lot or entry.name] += entry.points
		return [replace(lot, left=left[name]) for name, lot in self.roots.items()]

	def do(self, step: Step) -> None:
		deed, *values = step
		getattr(self, deed)(*values)

	def earn(self, full: int, part: Fraction, wait_and_idle: tuple[int, int], days: int | None) -> None:
		name = f"D{len(self.documents)}"
		self.documents[name] = Document(full, part, Terms(*wait_and_idle, days))
		if points := share_of(full, part):
			self.write_earned([Use(points)], name)

	def spend(self, points: int) -> None:
		self.lapse()
		try:
			self.write(Kind.REDEEM, spend(self.lots, points, self.active_on, self.on))
		except NotEnoughPoints:
			return

	def change(self, number: int, part: Fraction) -> None:
		"""More of a document is returned or paid, or less."""
		if number >= len(self.documents):
			return
		name = f"D{number}"
		document = self.documents[name]
		points = share_of(document.full, part) - share_of(document.full, document.part)
		self.documents[name] = replace(document, part=part)
		if points < 0:
			expired = self.taken_from(name, Kind.EXPIRE)
			self.write(Kind.EXPIRE, revived(expired, self.own(name), -points), name, settles=False)
			self.write(Kind.REVERSE, take_back(self.own(name), -points, self.active_on, self.on), name)
		elif points:
			uses = give_back(self.taken_from(name, Kind.REVERSE), points)
			self.write(Kind.REVERSE, [use for use in uses if use.lot], name, settles=False)
			over = {each.lot for each in self.entries if each.kind is Kind.EXPIRE and each.points < 0}
			self.write(Kind.EXPIRE, lapsed_again(uses, over), name)
			self.write_earned([use for use in uses if not use.lot], name)

	def write_earned(self, uses: list[Use], document: str) -> None:
		if uses:
			# who does something again does not have back what was lost before
			self.lapse()
			self.write(Kind.EARN, uses, document)

	def lapse(self) -> list[Use]:
		uses = lapsed(self.lots, self.active_on, self.on)
		for use in uses:
			self.write(Kind.EXPIRE, [use], self.roots[use.lot].source.name)
		return uses

	def wait(self, days: int) -> None:
		self.on += timedelta(days=days)

	def own(self, document: str) -> list[Lot]:
		return [lot for lot in self.lots if lot.source.name == document]

	def taken_from(self, document: str, kind: Kind) -> list[tuple[str, int]]:
		taken: dict[str, int] = {}
		for entry in self.entries:
			if entry.document == document and entry.kind is kind:
				lot = entry.lot or entry.name
				taken[lot] = taken.get(lot, 0) - entry.points
		return [(lot, points) for lot, points in taken.items() if points > 0]

	def write(self, kind: Kind, uses: list[Use], document: str = "", settles: bool = True) -> None:
		for use in uses:
			name = f"E{len(self.entries):03}"
			self.entries.append(Entry(name, kind, use.points, use.lot, document, self.on))
			if not use.lot:
				self.roots[name] = self._root(name, use.points, document)
			if kind in ACTIVITIES:
				self.active_on = self.on
		if settles and (uses := settled(self.lots, self.active_on, self.on)):
			self.write(Kind.SETTLE, uses, settles=False)

	def _root(self, name: str, points: int, document: str) -> Lot:
		terms = self.documents[document].terms if points > 0 else Terms()
		starts = self.on + timedelta(days=terms.wait)
		ends = None if terms.days is None else max(self.on + timedelta(days=terms.days), starts)
		return Lot(name, points, points, self.on, starts, ends, terms.idle, source=Source("Test", document))


def lived(history: History) -> Iterator[Account]:
	"""The account after each step."""
	account = Account()
	for step in history:
		account.do(step)
		yield account


def sum_by(account: Account, *kinds: Kind) -> int:
	return sum(entry.points for entry in account.entries if entry.kind in kinds)


def of_document(account: Account, name: str) -> int:
	kinds = (Kind.EARN, Kind.REVERSE)
	return sum(each.points for each in account.entries if each.document == name and each.kind in kinds)


def is_over(lot: Lot, account: Account) -> bool:
	"""Whether a lot has lapsed, told in another way than the rules do."""
	idle_since = max(lot.available_from, account.active_on or lot.available_from)
	is_idle = lot.idle_days > 0 and (account.on - idle_since).days > lot.idle_days
	return is_idle or (lot.expires_on is not None and account.on > lot.expires_on)
