"""What people do to customers and to audiences, at random, by a seeded hand: everything through Frappe's own documents."""

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import frappe
from frappe.model.rename_doc import rename_doc

from crm_success.audiences.hand_picked import add_members, remove_members
from crm_success.record_names import AUDIENCE, HEALTH, METRIC
from crm_success.tests.support import factories

MARK = "Story"
LIMITS = "Customer Credit Limit"
CUSTOMERS = 12
AUDIENCES = 6
MOST_AUDIENCES = 12
TAGS = ("Story Late", "Story Loud")
KEYS = ("net_revenue_365d", "open_issues")
BANDS = ("Healthy", "Watch", "At Risk")


class AudienceHistory:
	"""Does one thing after another; remembers what, and how often, for the message of a failure.

	The name of each customer and audience begins with MARK, so that nobody else's are touched.
	"""

	def __init__(self, seed: int) -> None:
		self.dice, self.done, self.story = random.Random(seed), Counter(), []
		self._made = 0
		self._on_audiences: dict[Callable[[], str | None], int] = {
			self.make_audience: 2,
			self.change_audience: 2,
			self.turn_audience: 2,
			self.rename_audience: 1,
			self.rename_by_hand: 1,
			self.delete_audience: 1,
			self.pick: 3,
			self.leave_out: 2,
		}
		self._menu = {
			**self._on_audiences,
			self.make_customer: 2,
			self.rename_customer: 1,
			self.merge_customers: 1,
			self.delete_customer: 1,
			self.turn_customer: 3,
			self.tag: 3,
			self.limit: 3,
			self.score: 6,
			self.forget_score: 1,
		}

	def begin(self) -> None:
		"""Some customers and audiences to begin with."""
		self.make_tags()
		for _ in range(CUSTOMERS):
			self.make_customer()
		self.make_audiences()
		frappe.db.commit()

	def make_tags(self) -> None:
		for tag in TAGS:
			if not frappe.db.exists("Tag", tag):
				frappe.get_doc({"doctype": "Tag", "name": tag}).insert()

	def make_audiences(self) -> None:
		for _ in range(AUDIENCES):
			self.make_audience()

	def act(self) -> str:
		"""One thing, whole or not at all, committed; which one."""
		(action,) = self.dice.choices(list(self._menu), list(self._menu.values()))
		try:
			what = action()
			frappe.db.commit()
		except frappe.ValidationError as refusal:
			# a circle, say, or an audience that others are made of
			frappe.db.rollback()
			frappe.clear_messages()
			self.done[f"refused: {action.__name__}"] += 1
			self.story.append(f"{action.__name__} was refused: {refusal}")
			return "nothing"
		self.done[action.__name__] += 1
		self.story.append(f"{action.__name__} {what}")
		return action.__name__

	def change_audiences(self) -> None:
		"""One thing that people do to audiences or to who is in one by hand, without committing."""
		(action,) = self.dice.choices(list(self._on_audiences), list(self._on_audiences.values()))
		action()

	def customers(self) -> list[str]:
		return frappe.get_all("Customer", self._ours(), pluck="name", order_by="name")

	def audiences(self, **filters: Any) -> list[str]:
		return frappe.get_all(AUDIENCE, {**self._ours(), **filters}, pluck="name", order_by="name")

	def make_customer(self) -> str:
		values = {"website": self.dice.choice((None, "a.example", "b.example")), "disabled": self._seldom()}
		name = factories.make_customer(self._new_name(), **values)
		if self.dice.random() < 0.8:
			self._score(name)
		return name

	def rename_customer(self) -> str:
		old, new = self._customer(), self._new_name()
		rename_doc("Customer", old, new, force=True, show_alert=False)
		return f"{old} to {new}"

	def merge_customers(self) -> str:
		old, new = self.dice.sample(self.customers(), 2)
		rename_doc("Customer", old, new, merge=True, force=True, show_alert=False)
		return f"{old} into {new}"

	def delete_customer(self) -> str:
		name = self._customer()
		frappe.delete_doc("Customer", name)
		return name

	def turn_customer(self) -> str:
		"""Disabled or not, internal or not, and another website."""
		name = self._customer()
		values = {
			"disabled": self._seldom(),
			"is_internal_customer": self._seldom() and self._seldom(),
			"website": self.dice.choice((None, "a.example", "b.example")),
		}
		frappe.db.set_value("Customer", name, values)
		return f"{name}: {values}"

	def tag(self) -> str:
		name, tag = self._customer(), self.dice.choice(TAGS)
		doc = frappe.get_doc("Customer", name)
		if tag in doc.get_tags():
			doc.remove_tag(tag)
		else:
			doc.add_tag(tag)
		return f"{name} {tag}"

	def limit(self) -> str:
		name, most = self._customer(), self.dice.choice((0, 5, 50))
		frappe.db.delete(LIMITS, {"parent": name})
		row = frappe.new_doc(LIMITS)
		row.update({"parenttype": "Customer", "parent": name, "parentfield": "credit_limits"})
		row.update({"company": factories.default_company(), "credit_limit": most}).db_insert()
		return f"{name} {most}"

	def score(self) -> str:
		name = self._customer()
		return f"{name} {self._score(name)}"

	def forget_score(self) -> str:
		name = self._customer()
		frappe.db.delete(HEALTH, {"customer": name})
		frappe.db.set_value("Customer", name, {"health_band": None, "customer_audiences": None})
		return name

	def make_audience(self) -> str | None:
		if len(self.audiences()) >= MOST_AUDIENCES:
			raise frappe.ValidationError("there are enough")
		by_hand = self.dice.random() < 0.25
		doc = frappe.get_doc({"doctype": AUDIENCE, "audience_name": self._new_name()})
		doc.how = "By Hand" if by_hand else "By Filters"
		self._define(doc)
		doc.insert()
		return self._shown(doc)

	def change_audience(self) -> str | None:
		doc = frappe.get_doc(AUDIENCE, self.dice.choice(self.audiences(how="By Filters")))
		self._define(doc)
		doc.save()
		return self._shown(doc)

	def turn_audience(self) -> str:
		doc = frappe.get_doc(AUDIENCE, self.dice.choice(self.audiences()))
		doc.enabled = int(not doc.enabled)
		doc.save()
		return f"{doc.name} to {doc.enabled}"

	def rename_audience(self) -> str:
		return self._rename(self.dice.choice(self.audiences(how="By Filters")))

	def rename_by_hand(self) -> str:
		return self._rename(self._by_hand())

	def delete_audience(self) -> str:
		name = self.dice.choice(self.audiences())
		frappe.delete_doc(AUDIENCE, name)
		return name

	def pick(self) -> str:
		audience, names = self._by_hand(), self.dice.sample(self.customers(), 2)
		add_members(audience, names)
		return f"{names} for {audience}"

	def leave_out(self) -> str:
		audience, names = self._by_hand(), self.dice.sample(self.customers(), 3)
		remove_members(audience, names)
		return f"{names} of {audience}"

	def _rename(self, audience: str) -> str:
		new = self._new_name()
		rename_doc(AUDIENCE, audience, new, show_alert=False)
		return f"{audience} to {new}"

	def _define(self, doc: Any) -> None:
		doc.match = self.dice.choice(("All Conditions", "Any Condition"))
		doc.include_disabled = self._seldom()
		doc.conditions = []
		for _ in range(self.dice.choice((1, 1, 2, 3))):
			row = self.dice.choice(self._kinds())()
			doc.append("conditions", {**row, "is_not": int(self.dice.random() < 0.3)})

	def _kinds(self) -> list[Callable[[], dict]]:
		kinds = [self._on_customer, self._on_table, self._on_health, self._on_metric, self._on_tag]
		return kinds + [self._on_audience] * 3 if self.audiences() else kinds

	def _on_customer(self) -> dict:
		options = (
			["website", "=", "a.example"],
			["website", "is", "set"],
			["name", "like", f"{MARK} %1%"],
		)
		return _row("Customer", self.dice.choice(options))

	def _on_table(self) -> dict:
		row = _row("Table of Customer", ["credit_limit", ">=", self.dice.choice((0, 5, 50))])
		return {**row, "table_doctype": LIMITS}

	def _on_health(self) -> dict:
		options = (["band", "in", list(BANDS[:2])], ["score", "<", 50], ["stage", "is", "not set"])
		return _row(HEALTH, *self.dice.sample(options, self.dice.choice((1, 2))))

	def _on_metric(self) -> dict:
		metric = frappe.db.get_value(METRIC, {"metric_key": self.dice.choice(KEYS)})
		operators = ("=", "!=", "<", "<=", ">", ">=", "between", "is set", "is not set")
		values = {"operator": self.dice.choice(operators), "value": self.dice.choice((0, 10)), "value_to": 20}
		return {"looks_at": "Metric", "metric": metric, **values}

	def _on_tag(self) -> dict:
		return {"looks_at": "Tag", "tag": self.dice.choice(TAGS)}

	def _on_audience(self) -> dict:
		return {"looks_at": "Audience", "audience": self.dice.choice(self.audiences())}

	def _score(self, customer: str) -> dict:
		raw = {key: self.dice.choice((None, -3, 0, 10, 15.5, 500)) for key in KEYS}
		values = {
			"score": self.dice.randrange(100),
			"band": self.dice.choice(BANDS),
			"stage": self.dice.choice((None, "New")),
			"components": json.dumps({key: {"raw": value} for key, value in raw.items()}),
		}
		if frappe.db.exists(HEALTH, {"customer": customer}):
			frappe.db.set_value(HEALTH, {"customer": customer}, values, update_modified=False)
		else:
			factories.make_health(customer, **values)
		return {**values, "components": raw}

	def _by_hand(self) -> str:
		audiences = self.audiences(how="By Hand")
		if not audiences:
			raise frappe.ValidationError("there is none by hand")
		return self.dice.choice(audiences)

	def _customer(self) -> str:
		return self.dice.choice(self.customers())

	def _new_name(self) -> str:
		self._made += 1
		return f"{MARK} {self.dice.choice('ABkz')}{self._made:03}"

	def _seldom(self) -> int:
		return int(self.dice.random() < 0.2)

	def _ours(self) -> dict[str, Any]:
		return {"name": ("like", f"{MARK} %")}

	def _shown(self, doc: Any) -> str:
		rows = [
			(
				row.looks_at,
				row.is_not,
				row.filters or row.audience or row.tag or (row.metric, row.operator, row.value),
			)
			for row in doc.conditions
		]
		return f"{doc.name}: {doc.how}, {doc.match} of {rows}, disabled ones {doc.include_disabled}"


def _row(looks_at: str, *filters: list) -> dict[str, Any]:
	return {"looks_at": looks_at, "filters": json.dumps(filters)}
