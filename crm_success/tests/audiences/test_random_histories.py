"""Random histories of customers and audiences: after each pass members, visits, texts and what was told are right.

FUZZ_TIMES=10 tells ten times as many (`make soak`).
"""

import os
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import frappe

from crm_success.audiences.audience_changed import HOOK
from crm_success.tests.support.audience_arithmetic import (
	Pairs,
	open_pairs,
	wrong_members,
	wrong_texts,
	wrong_visits,
)
from crm_success.tests.support.audience_histories import AudienceHistory
from crm_success.tests.support.audience_site import HEARD_BY, AudienceTestCase, forget_audiences, heard
from crm_success.tests.support.clocks import database_clock, database_utc
from crm_success.tests.support.utils import registered

SEEDS = range(1, 1 + 2 * int(os.environ.get("FUZZ_TIMES") or 1))
PASSES = 10
ACTIONS = 5
# the clock is set back, and forward again
HOURS = (0, 0, 1, 1, -1, 2)
# an audience by hand is known by its name
DEFINING = {"make_audience", "change_audience", "turn_audience", "rename_by_hand"}


class TestRandomHistories(AudienceTestCase):
	def test_members_visits_texts_and_what_is_told(self):
		done = Counter()
		for seed in SEEDS:
			with self.subTest(seed=seed), registered(HOOK, HEARD_BY):
				self.live_through(seed, done)
			forget_audiences()
			self.forget_customers()
		print(f"{dict(done)}", end=" ", flush=True)
		for action in AudienceHistory(0)._menu:
			self.assertTrue(done[action.__name__], f"no history has {action.__name__}")

	def live_through(self, seed: int, done: Counter):
		history = AudienceHistory(seed)
		history.begin()
		redefined = True
		for number in range(1, PASSES + 1):
			moment = database_utc() + timedelta(hours=history.dice.choice(HOURS))
			with database_clock(moment):
				for _ in range(ACTIONS):
					redefined |= self.act(history) in DEFINING
				history.story.append(f"pass {number} at {moment}")
				self.look_at_pass(history, redefined)
			redefined = False
		done.update(history.done)

	def act(self, history: AudienceHistory) -> str:
		"""Only who picks by hand moves somebody, and is told."""
		before = open_pairs()
		heard.clear()
		action = history.act()
		if action in ("pick", "leave_out"):
			self.check(history, wrong_tellings(before, open_pairs()))
		else:
			self.check(history, [f"{change} was told" for call in heard for change in call])
		self.check(history, wrong_visits())
		return action

	def look_at_pass(self, history: AudienceHistory, redefined: bool):
		before = open_pairs()
		heard.clear()
		run = self.evaluate()
		self.check(history, (message.reason for message in run.messages))
		self.check(history, wrong_members())
		self.check(history, wrong_visits())
		self.check(history, wrong_texts())
		self.check(history, wrong_tellings(before, open_pairs()))
		by_definition = [change for call in heard for change in call if change.by_definition]
		self.check(history, [] if redefined else by_definition)
		# and a second pass finds nothing to do
		heard.clear()
		self.evaluate()
		self.check(history, [f"told again: {change}" for call in heard for change in call])

	def check(self, history: AudienceHistory, findings: Iterable):
		found = list(findings)
		self.assertFalse(found, f"{found}\n" + "\n".join(history.story))

	def forget_customers(self):
		names = frappe.get_all("Customer", {"name": ("like", "Story %")}, pluck="name")
		for doctype, field in (("Customer Credit Limit", "parent"), ("Customer Health", "customer")):
			frappe.db.delete(doctype, {field: ("in", [*names, ""])})
		frappe.db.delete("Customer", {"name": ("in", [*names, ""])})
		frappe.db.delete("Tag Link", {"tag": ("like", "Story %")})
		frappe.db.commit()


def wrong_tellings(before: Pairs, after: Pairs) -> list[str]:
	"""Each difference must have been told, once, and nothing else."""
	told = Counter((change.audience, change.customer, change.entered) for call in heard for change in call)
	expected = Counter(
		[(*pair, True) for pair in after - before] + [(*pair, False) for pair in before - after]
	)
	return [
		f"told {told[change]} times: {change}"
		for change in {*told, *expected}
		if told[change] != expected[change]
	]
