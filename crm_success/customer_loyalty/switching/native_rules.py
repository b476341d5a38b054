"""How the balance of a customer comes about from ERPNext's entries, and from the sales behind them. Pure: no Frappe, no
database, no clock.

ERPNext adds up the entries whose last day is not over. Corrected, each sale that stands earns once, less what was returned;
what it was paid with is spent, of points that lapse first; and of points whose last day is over only the rest is lost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from crm_success.customer_loyalty.switching.native_values import (
	ENTRY,
	Compared,
	Document,
	Line,
	NativeEntry,
	OpenLot,
	Program,
	Reason,
	Sale,
	Step,
)

_CENT = 0.005
# whole points of an amount, in spite of how numbers with a point are kept
_DIGITS = 6


@dataclass
class _Lot:
	"""Points as they are earned, and what is left of them."""

	key: Document
	document: Document
	points: int
	on: date
	made: datetime
	expires_on: date | None
	native: int = 0
	reason: Reason | None = None
	entry: NativeEntry | None = None
	without_end: bool = False
	left: int = 0

	@property
	def order(self) -> tuple[bool, date, date, datetime]:
		"""What lapses first, and of that the oldest."""
		return (self.expires_on is None, self.expires_on or date.max, self.on, self.made)


@dataclass
class _Spending:
	"""What a document took, and what it should have taken (above zero)."""

	document: Document
	points: int
	on: date
	made: datetime
	native: int = 0
	reason: Reason | None = None


@dataclass
class _Account:
	"""The corrected points of a customer while documents pass by, one after the other."""

	lots: list[_Lot] = field(default_factory=list)
	owed: int = 0

	def earn(self, lot: _Lot) -> None:
		paid = min(self.owed, lot.points)
		self.owed -= paid
		lot.left = lot.points - paid
		self.lots.append(lot)

	def spend(self, points: int, on: date) -> None:
		for lot in sorted(self.lots, key=lambda lot: lot.order):
			if lot.expires_on is None or lot.expires_on >= on:
				taken = min(points, lot.left)
				lot.left -= taken
				points -= taken
		self.owed += points


def compare(
	entries: Sequence[NativeEntry],
	sales: Mapping[Document, Sale],
	programs: Mapping[str, Program],
	on: date,
) -> Compared:
	"""The points of one customer in one company on a day."""
	entries = [entry for entry in entries if entry.posted_on <= on]
	lots = _lots(entries, sales, programs, on)
	spendings = _spendings(entries, sales, on)
	account = _passed_by(lots, spendings)
	living = [lot for lot in lots if lot.left and not _is_over(lot.expires_on, on)]
	return Compared(
		native=sum(entry.points for entry in entries if not _is_over(entry.expires_on, on)),
		corrected=sum(lot.left for lot in living) - account.owed,
		lines=(*_of_earning(lots), *_of_spending(spendings), *_of_losing(lots, entries, on)),
		native_lots=_native_lots(entries, on),
		corrected_lots=_without_debt([_open(lot) for lot in living], account.owed),
		sales=tuple((lot.key, lot.on) for lot in lots if lot.entry),
	)


def _lots(
	entries: Iterable[NativeEntry],
	sales: Mapping[Document, Sale],
	programs: Mapping[str, Program],
	on: date,
) -> list[_Lot]:
	"""What sales earned, or should have."""
	found: list[_Lot] = []
	seen: set[Document] = set()
	for entry in sorted((each for each in entries if not each.is_spent), key=lambda each: each.made):
		found.append(_earned(entry, sales, programs.get(entry.program), entry.source in seen))
		seen.add(entry.source)
	for document, sale in sales.items():
		if document not in seen and sale.on <= on and (lot := _missing(sale, programs.get(sale.program))):
			found.append(lot)
	return found


def _earned(
	entry: NativeEntry, sales: Mapping[Document, Sale], program: Program | None, is_second: bool
) -> _Lot:
	sale = sales.get(entry.document)
	points, reason = _worth(entry, sale)
	if is_second and points:
		points, reason = 0, Reason.TWICE
	without_end = bool(program and not program.days and entry.expires_on == entry.posted_on)
	return _Lot(
		# a second entry of a sale is told from the first
		key=Document(ENTRY, entry.name) if is_second else entry.source,
		document=entry.source,
		points=points,
		on=entry.posted_on,
		made=sale.made if sale else entry.made,
		expires_on=None if without_end else entry.expires_on,
		native=entry.points,
		reason=reason,
		entry=entry,
		without_end=without_end,
	)


def _worth(entry: NativeEntry, sale: Sale | None) -> tuple[int, Reason | None]:
	"""The points of an entry as its sale is now."""
	if not entry.document.name:
		return entry.points, None
	gone = _gone(sale)
	if gone or sale is None:
		return 0, gone
	if entry.points < 0:
		return 0, Reason.BELOW_ZERO
	amount = _eligible(sale)
	if entry.amount <= 0 or abs(amount - entry.amount) < _CENT:
		return entry.points, None
	points = _whole(entry.points * amount / entry.amount)
	return points, Reason.RETURNED if amount < entry.amount else Reason.RETURN_CANCELLED


def _gone(sale: Sale | None) -> Reason | None:
	"""Why a document does not count."""
	if sale is None:
		return Reason.DELETED
	return {0: Reason.DRAFT, 2: Reason.CANCELLED}.get(sale.status)


def _missing(sale: Sale, program: Program | None) -> _Lot | None:
	"""What a sale earned of which ERPNext has no entry any more."""
	if not program or not sale.earns or _gone(sale):
		return None
	if (program.begins and sale.on < program.begins) or (program.ends and sale.on > program.ends):
		return None
	points = _whole(_eligible(sale) / (program.factor or 1.0))
	if not points:
		return None
	last = sale.on + timedelta(days=program.days) if program.days else None
	return _Lot(sale.document, sale.document, points, sale.on, sale.made, last, reason=Reason.MISSING)


def _eligible(sale: Sale) -> float:
	return max(sale.amount - sale.returned, 0.0)


def _whole(points: float) -> int:
	return int(round(points, _DIGITS))


def _spendings(entries: Iterable[NativeEntry], sales: Mapping[Document, Sale], on: date) -> list[_Spending]:
	"""What documents were paid with, by the documents themselves; entries without one are as they are."""
	taken: dict[Document, list[NativeEntry]] = {}
	for entry in entries:
		if entry.is_spent:
			taken.setdefault(entry.source, []).append(entry)
	paid = {key for key, sale in sales.items() if sale.spent and sale.on <= on and not _gone(sale)}
	return [_spent(key, taken.get(key, ()), sales.get(key)) for key in dict.fromkeys([*taken, *sorted(paid)])]


def _spent(key: Document, entries: Sequence[NativeEntry], sale: Sale | None) -> _Spending:
	native = -sum(entry.points for entry in entries)
	if key.doctype == ENTRY:
		return _Spending(key, native, entries[0].posted_on, entries[0].made, native)
	gone = _gone(sale)
	if gone or sale is None:
		return _Spending(key, 0, entries[0].posted_on, entries[0].made, native, gone)
	reason = Reason.TAKEN_TOO_MANY
	if native < sale.spent:
		reason = Reason.GIVEN_BACK if not native and sale.returned else Reason.NOT_TAKEN
	return _Spending(key, sale.spent, sale.on, sale.made, native, reason)


def _passed_by(lots: Sequence[_Lot], spendings: Sequence[_Spending]) -> _Account:
	"""The account after all documents, in the order of their days. A sale is not paid with the points that it earns."""
	account = _Account()
	events: list[tuple[date, datetime, int, _Lot | _Spending]] = [
		*((lot.on, lot.made, 1, lot) for lot in lots),
		*((spending.on, spending.made, 0, spending) for spending in spendings),
	]
	for *_when, event in sorted(events, key=lambda event: event[:3]):
		if isinstance(event, _Lot):
			account.earn(event)
		else:
			account.spend(event.points, event.on)
	return account


def _of_earning(lots: Iterable[_Lot]) -> list[Line]:
	return [_line(Step.EARNED, lot.document, lot.on, lot.native, lot.points, lot.reason) for lot in lots]


def _of_spending(spendings: Iterable[_Spending]) -> list[Line]:
	return [
		_line(Step.SPENT, each.document, each.on, -each.native, -each.points, each.reason)
		for each in spendings
	]


def _of_losing(lots: Iterable[_Lot], entries: Sequence[NativeEntry], on: date) -> list[Line]:
	"""With the last day of points ERPNext leaves out all that was spent of them, too."""
	over: dict[str, int] = {}
	for entry in entries:
		if _is_over(entry.expires_on, on):
			group = entry.against if entry.points < 0 and entry.against else entry.name
			over[group] = over.get(group, 0) - entry.points
	lines = []
	for lot in lots:
		native = over.pop(lot.entry.name, 0) if lot.entry else 0
		corrected = -lot.left if _is_over(lot.expires_on, on) else 0
		if native or corrected:
			reason = _why_lost(lot, native)
			lines.append(_line(Step.LOST, lot.document, _last_day(lot), native, corrected, reason))
	# what was spent of entries that are gone
	for entry in entries:
		group = entry.against or entry.name
		if entry.points < 0 and (native := over.pop(group, 0)):
			lines.append(_line(Step.LOST, entry.source, entry.expires_on, native, 0, Reason.CAME_BACK))
	return lines


def _last_day(lot: _Lot) -> date:
	return lot.expires_on or (lot.entry.expires_on if lot.entry else None) or lot.on


def _why_lost(lot: _Lot, native: int) -> Reason:
	if lot.without_end:
		return Reason.NO_DURATION
	if native > 0 and not (lot.entry and lot.entry.points < 0):
		return Reason.SPENT_BEYOND
	if not lot.entry:
		return Reason.MISSING
	return Reason.LEFT_DIFFERS if lot.points else Reason.NOT_EARNED


def _line(
	step: Step, document: Document, on: date | None, native: int, corrected: int, reason: Reason | None
) -> Line:
	return Line(step, document, on or date.min, native, corrected, reason if native != corrected else None)


def _native_lots(entries: Iterable[NativeEntry], on: date) -> tuple[OpenLot, ...]:
	"""What ERPNext shows, entry by entry; what was spent of entries that are over or gone comes off those that lapse first."""
	living = [entry for entry in entries if not _is_over(entry.expires_on, on)]
	left = {entry.name: entry.points for entry in living if entry.points >= 0}
	owed = 0
	for entry in living:
		if entry.points < 0 and entry.against in left:
			left[entry.against] += entry.points
		elif entry.points < 0:
			owed -= entry.points
	owed -= sum(points for points in left.values() if points < 0)
	seen: set[Document] = set()
	lots = []
	for entry in living:
		if left.get(entry.name, 0) > 0:
			key = Document(ENTRY, entry.name) if entry.source in seen else entry.source
			lots.append(OpenLot(key, left[entry.name], entry.posted_on, entry.expires_on))
			seen.add(key)
	return _without_debt(lots, owed)


def _without_debt(lots: Iterable[OpenLot], owed: int) -> tuple[OpenLot, ...]:
	"""What is owed is paid by what lapses first; nothing is left of a balance below zero."""
	left = []
	for lot in sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.earned_on, lot.key)):
		paid = min(owed, lot.left)
		owed -= paid
		if lot.left > paid:
			left.append(replace(lot, left=lot.left - paid))
	return tuple(left)


def _open(lot: _Lot) -> OpenLot:
	return OpenLot(lot.key, lot.left, lot.on, lot.expires_on)


def _is_over(last: date | None, on: date) -> bool:
	return last is not None and last < on
