"""The one writer of points: entries of the ledger, which nobody changes any more, and the accounts that sum them up.

What is written of a customer is part of the caller's transaction, which holds the customer's account from the first line
to its end: nobody else spends, earns or expires its points meanwhile. An entry has a number, the customer's first, second
and so on, and may have the key of its event; the database takes each once. Nothing here commits. What is written past the
documents is told to whoever watches them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from operator import itemgetter
from typing import Any

import frappe
from frappe import _

from crm_success.customer_loyalty.points import point_rules
from crm_success.customer_loyalty.points.lots import (
	Summary,
	expired_among,
	held_accounts,
	lot_of,
	lots_of,
	summaries_of,
	summaries_of_first,
	taken_from,
)
from crm_success.customer_loyalty.points.point_values import (
	ACTIVITIES,
	NO_SOURCE,
	Kind,
	Lot,
	NotEnoughPoints,
	Source,
	Use,
	sum_of,
)
from crm_success.database import clock
from crm_success.database.upsert import insert, take_the_offer, upsert
from crm_success.record_names import ACCOUNT, LEDGER_ENTRY
from crm_success.watching.watchers import tell_of_written

_STAMPS = ("creation", "modified", "owner", "modified_by")
_FIGURES = (
	*("last_activity", "available", "pending", "balance", "next_expiry", "expiring", "next_change"),
	*("earned", "spent", "expired", "qualifying", "checked_on", "entries"),
)


@dataclass(frozen=True)
class Details:
	"""What an entry says besides its points: when they can be spent, and what they are of."""

	posting_date: date
	company: str = ""
	available_from: date | None = None
	expires_on: date | None = None
	idle_days: int = 0
	is_qualifying: bool = False
	source: Source = NO_SOURCE
	# when that document was made: another one may have its name later
	created: str | None = None
	base_amount: float = 0.0
	full_points: int = 0
	cause: str = ""
	note: str = ""
	event_key: str = ""


@dataclass
class Ledger:
	"""The points of some customers on a day, held until the transaction ends. `write` writes what was noted before.

	`is_fresh`: the transaction has read nothing before, so that it sees what others wrote, and keeps nobody from writing.
	"""

	customers: Collection[str]
	on: date
	is_fresh: bool = False
	_accounts: dict[str, dict[str, Any]] = field(init=False)
	_lots: dict[str, list[Lot]] = field(init=False, default_factory=dict)
	# those of whom a lot is owed, among the customers whose lots are known
	_owing: set[str] = field(init=False, default_factory=set)
	_new: list[dict[str, Any]] = field(init=False, default_factory=list)
	_stamps: dict[str, Any] = field(init=False)
	# of entries, one after the other: rows that are written together lie together
	_names: Iterator[str] = field(init=False)

	def __post_init__(self) -> None:
		self._accounts = held_accounts(self.customers)
		# as a text: a moment costs more to write, in every row
		moment, user = str(clock.now()), frappe.session.user
		self._stamps = dict(zip(_STAMPS, (moment, moment, user, user), strict=True))
		prefix = frappe.generate_hash(length=14)
		self._names = (f"{prefix}{number:06x}" for number in count())

	@property
	def known(self) -> set[str]:
		"""Those of the customers that exist."""
		return set(self._accounts)

	def has_entries(self, customer: str) -> bool:
		"""Whether the customer ever had points; also of one that does not exist."""
		return customer not in self._accounts or bool(self._accounts[customer]["entries"])

	def lots(self, customer: str) -> list[Lot]:
		"""The lots of the customer of which something is left or owed, what was noted included."""
		if customer not in self._lots:
			self.load([customer])
		return self._lots[customer]

	def load(self, customers: Iterable[str]) -> None:
		"""Read the lots of several customers at once."""
		missing = {name for name in customers if name in self._accounts and name not in self._lots}
		if not missing:
			return
		for name, lots in lots_of(missing, self.is_fresh).items():
			self._lots[name] = lots
			if any(lot.left < 0 for lot in lots):
				self._owing.add(name)
		for entry in self._new:
			if entry["customer"] in missing:
				self._apply(entry)

	def load_what_earning_asks_for(self) -> None:
		"""At once, the lots of all who owe points, or have some that lapsed."""
		self.load(
			name
			for name, account in self._accounts.items()
			if (account["balance"] or 0) < 0 or self._has_lapsed(account)
		)

	def earn(self, customer: str, points: int, details: Details, kind: Kind = Kind.EARN) -> str:
		"""Give points of their own to a customer; what is owed is paid by them. The name of the entry."""
		name = self._note(customer, kind, Use(points), details)
		self._settle(customer)
		return name

	def redeem(self, customer: str, points: int, details: Details) -> list[str]:
		"""Spend points, of the lots that lapse first. The names of the entries, one for each lot.

		Throws where the customer has fewer.
		"""
		try:
			uses = point_rules.spend(self.lots(customer), points, self._active_on(customer), self.on)
		except NotEnoughPoints as error:
			words = _("{0} has {1} points to spend, which is less than {2}. Enter fewer.")
			if error.available == 1:
				words = _("{0} has 1 point to spend, which is less than {2}. Enter fewer.")
			shown = frappe.bold(frappe.utils.escape_html(customer))
			frappe.throw(words.format(shown, error.available, error.asked), title=_("Not Enough Points"))
		return [self._note(customer, Kind.REDEEM, use, details, number) for number, use in enumerate(uses)]

	def take(self, customer: str, points: int, details: Details, kind: Kind = Kind.ADJUST) -> None:
		"""Take points (above zero) from what lapses first, whether or not it can be spent yet; more than there is, is owed."""
		active_on = self._active_on(customer)
		living = [lot for lot in self.lots(customer) if not point_rules.is_lapsed(lot, active_on, self.on)]
		self._use(customer, kind, point_rules.take_back(living, points, active_on, date.max), details)

	def take_back(self, customer: str, points: int, details: Details) -> None:
		"""Points of a document that are not due any more: its own, and where these were spent, any other."""
		self.write()
		source = details.source
		expired = taken_from(customer, source, Kind.EXPIRE)
		for use in point_rules.revived(expired, self._own(customer, source), points):
			self._note(customer, Kind.EXPIRE, use, Details(self.on, source=source))
		if expired:
			# lots that were empty are none of those that are kept in mind
			self.write()
		own = self._own(customer, source)
		uses = point_rules.take_back(own, points, self._active_on(customer), self.on)
		self._use(customer, Kind.REVERSE, uses, details)

	def give_back(self, customer: str, points: int, details: Details) -> int:
		"""Points of a document that are due again, to the lots they were taken from: how many these lacked."""
		# what was noted before must be in the database
		self.write()
		taken = taken_from(customer, details.source, Kind.REVERSE, details.created)
		uses = point_rules.give_back(taken, min(points, sum(lacking for _, lacking in taken)))
		for number, use in enumerate(uses):
			self._note(customer, Kind.REVERSE, use, details, number)
		self.write()
		for lot in [lot for lot in self.lots(customer) if lot.points < 0 < lot.left]:
			self._pay_out(customer, lot)
		over = expired_among(customer, [use.lot for use in uses])
		for use in point_rules.lapsed_again(uses, over):
			self._note(customer, Kind.EXPIRE, use, Details(self.on, source=details.source))
		self._settle(customer)
		return sum_of(uses)

	def lapse(self, customer: str) -> int:
		"""Write off what could be spent until yesterday at the latest; how many points."""
		uses = point_rules.lapsed(self.lots(customer), self._active_on(customer), self.on)
		for use in uses:
			lot = next(lot for lot in self.lots(customer) if lot.name == use.lot)
			self._note(customer, Kind.EXPIRE, use, Details(self.on, source=lot.source))
		return -sum_of(uses)

	def write(self) -> None:
		"""Write what was noted, and the figures of the accounts, without committing."""
		if not self._new:
			return
		new, self._new = self._new, []
		# in the order of the indexes: the same pages are written at once
		insert(LEDGER_ENTRY, sorted(new, key=itemgetter("customer")))
		customers = sorted({entry["customer"] for entry in new})
		self._sum_up(customers, summaries_of_first(new, self.on))
		tell_of_written(LEDGER_ENTRY, [entry["name"] for entry in new], customers)

	def sum_up(self, customers: Collection[str]) -> None:
		"""Work out the figures of accounts from their entries, and write them."""
		if customers:
			self._sum_up(customers, {})

	def _sum_up(self, customers: Collection[str], known: Mapping[str, Summary]) -> None:
		for name in customers:
			self._lots.pop(name, None)
		self._owing.difference_update(customers)
		rows = self._figures(customers, known)
		for row in rows:
			self._accounts[row["customer"]].update(balance=row["balance"], next_change=row["next_change"])
		choices = dict.fromkeys((*_FIGURES, "modified", "modified_by"), take_the_offer)
		upsert(ACCOUNT, rows, ["customer"], choices)
		tell_of_written(ACCOUNT, customers, customers)

	def bring_together(self, customer: str, last_number: int) -> None:
		"""Two customers became one: what one owed is paid by the other's points, and the account sums up both."""
		account = self._accounts[customer]
		account["entries"] = max(account["entries"] or 0, last_number)
		self.load([customer])
		self._settle(customer)
		self.write()
		self.sum_up([customer])

	def _use(self, customer: str, kind: Kind, uses: Iterable[Use], details: Details) -> None:
		for number, use in enumerate(uses):
			self._note(customer, kind, use, details, number)
		self._settle(customer)

	def _settle(self, customer: str) -> None:
		"""What is owed is paid by what there is."""
		is_known = customer in self._lots
		if not is_known and (self._accounts[customer]["balance"] or 0) >= 0:
			return
		lots = self.lots(customer)
		if customer not in self._owing:
			return
		uses = point_rules.settled(lots, self._active_on(customer), self.on)
		for paying, paid in zip(uses[::2], uses[1::2], strict=True):
			# both say which lot was paid, so that it can be paid out again
			details = Details(self.on, source=Source(LEDGER_ENTRY, paid.lot))
			for use in (paying, paid):
				self._note(customer, Kind.SETTLE, use, details)
		if not any(lot.left < 0 for lot in self._lots[customer]):
			self._owing.discard(customer)

	def _pay_out(self, customer: str, owed: Lot) -> None:
		"""What was owed is not any more: what other lots paid for it is theirs again, of the last one first."""
		details = Details(self.on, source=Source(LEDGER_ENTRY, owed.name))
		payers = [each for each in taken_from(customer, details.source, Kind.SETTLE) if each[0] != owed.name]
		uses = point_rules.give_back(payers, min(owed.left, sum(paid for _, paid in payers)))
		over = expired_among(customer, [use.lot for use in uses])
		for use in uses:
			self._note(customer, Kind.SETTLE, use, details)
			self._note(customer, Kind.SETTLE, Use(-use.points, owed.name), details)
		for use in point_rules.lapsed_again(uses, over):
			self._note(customer, Kind.EXPIRE, use, Details(self.on))

	def _note(self, customer: str, kind: Kind, use: Use, details: Details, number: int = 0) -> str:
		account = self._accounts[customer]
		if kind in ACTIVITIES and self._has_lapsed(account):
			# who does something again does not have back what was lost before
			account["next_change"] = None
			self.lapse(customer)
		account["entries"] = (account["entries"] or 0) + 1
		if kind in ACTIVITIES:
			account["last_activity"] = max(
				account["last_activity"] or details.posting_date, details.posting_date
			)
		key = f"{details.event_key}|{number}" if details.event_key and number else details.event_key
		entry = {
			"name": next(self._names),
			**self._stamps,
			"customer": customer,
			"customer_name": account["customer_name"],
			"company": details.company or None,
			"kind": kind.value,
			"points": use.points,
			"posting_date": details.posting_date,
			"available_from": None,
			"expires_on": None,
			"idle_days": 0,
			"lot": use.lot or None,
			"is_qualifying": int(details.is_qualifying),
			"reference_doctype": details.source.doctype or None,
			"reference_name": details.source.name or None,
			"reference_created": details.created,
			"rule": details.source.rule or None,
			"base_amount": details.base_amount,
			"full_points": details.full_points,
			"cause": details.cause or None,
			"note": details.note or None,
			"entry_number": account["entries"],
			"event_key": key or None,
		}
		if not use.lot:
			entry.update(
				available_from=details.available_from or details.posting_date,
				expires_on=details.expires_on,
				idle_days=details.idle_days,
			)
		self._new.append(entry)
		if customer in self._lots:
			self._apply(entry)
		return entry["name"]

	def _apply(self, entry: dict[str, Any]) -> None:
		customer = entry["customer"]
		lots = self._lots[customer]
		if not entry["lot"]:
			lots.append(lot_of(entry, entry["points"]))
			if entry["points"] < 0:
				self._owing.add(customer)
			return
		lots = point_rules.applied(lots, [Use(entry["points"], entry["lot"])])
		self._lots[customer] = [lot for lot in lots if lot.left]

	def _has_lapsed(self, account: dict[str, Any]) -> bool:
		return bool(account["next_change"]) and account["next_change"] <= self.on

	def _active_on(self, customer: str) -> date | None:
		return self._accounts[customer]["last_activity"]

	def _own(self, customer: str, source: Source) -> list[Lot]:
		return [lot for lot in self.lots(customer) if lot.source == source]

	def _figures(self, customers: Collection[str], known: Mapping[str, Summary]) -> list[dict[str, Any]]:
		unknown = [name for name in customers if name not in known]
		summaries = {**known, **summaries_of(unknown, self.on, self.is_fresh)}
		return [
			{
				"name": self._accounts[customer]["name"],
				**self._stamps,
				"customer": customer,
				"last_activity": self._active_on(customer),
				**_of_lots(summaries[customer].lots(self.on), self._active_on(customer), self.on),
				**_of_kinds(summaries[customer]),
				"checked_on": self.on,
				"entries": self._accounts[customer]["entries"],
			}
			for customer in customers
		]


def _of_lots(lots: Collection[Lot], active_on: date | None, on: date) -> dict[str, Any]:
	balance, available, pending = point_rules.balance_of(lots, active_on, on)
	living = [lot for lot in lots if not point_rules.is_lapsed(lot, active_on, on)]
	last = point_rules.next_lapse(living, active_on)
	expiring = sum(
		lot.left for lot in living if lot.left > 0 and point_rules.last_day(lot, active_on) == last
	)
	starts = [lot.available_from for lot in living if lot.left > 0 and lot.available_from > on]
	# what has lapsed is to be written off yet
	unwritten = [on] if len(living) < len(lots) else []
	changes = [*starts, *unwritten, *([last + timedelta(days=1)] if last else [])]
	return {
		"available": available,
		"pending": pending,
		"balance": balance,
		"next_expiry": last,
		"expiring": expiring if last else 0,
		"next_change": min(changes, default=None),
	}


def _of_kinds(summary: Summary) -> dict[str, int]:
	def of(*kinds: Kind) -> int:
		return sum(summary.of_kinds.get(kind, 0) for kind in kinds)

	return {
		"earned": of(Kind.EARN, Kind.REVERSE, Kind.ADJUST, Kind.OPENING),
		"spent": -of(Kind.REDEEM),
		"expired": -of(Kind.EXPIRE),
		"qualifying": summary.qualifying,
	}
