"""Who watches which DocTypes: asked once, kept for all processes, so that a save nobody watches costs a look into a dict.

What all processes share lives in Redis for some minutes; a process looks there once a transaction. Whoever changes
what a watcher watches calls `ask_again`: once that is committed, all are told. A transaction that began before sees the
records as they were then, and tells the others only where nothing is kept.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import frappe
from redis.exceptions import RedisError

from crm_success.watching.undone_alone import undone_alone

HOOK = "crm_success_watchers"

# for each DocType, what each watcher wants to have at hand, by the watcher's name
Watched = Mapping[str, Mapping[str, Any]]

_KEY = "crm_success_watched_doctypes"
# heals by itself what no event tells of, such as a metric that somebody changed by SQL
_SECONDS = 300
_SECONDS_UNTIL_COMMITTED = 60
_EACH_FOR_ITSELF = "each transaction asks for itself"
_CHANGES = "crm_success_watched_doctypes_change"


def is_setting_up() -> bool:
	"""Whether an app is being installed or uninstalled, or the site migrated: nobody watches then."""
	return bool(frappe.flags.in_install or frappe.flags.in_migrate or frappe.flags.in_uninstall)


def watched_doctypes() -> Watched:
	"""Who watches what, as this transaction sees it."""
	here = frappe.flags.get(_KEY)
	return _look_up() if here is None else here


def watcher_function(watcher: str, function: str) -> str | None:
	"""The path of one of a watcher's functions; None where its app has gone, or has no such function."""
	paths = frappe.get_hooks(HOOK, default={}).get(watcher, {}).get(function)
	return paths[-1] if paths else None


def ask_again() -> None:
	"""What a watcher watches changes with the running transaction: for this process now, for all once it is committed."""
	_forget_here()
	_keep(_EACH_FOR_ITSELF, _SECONDS_UNTIL_COMMITTED)
	frappe.flags[_CHANGES] = True
	frappe.db.after_commit.add(_tell_all)


def _tell_all() -> None:
	# once, however many records changed; what is only half set up is not told
	if frappe.flags.pop(_CHANGES, False) and not is_setting_up():
		_forget_here()
		_keep(_ask_all(), _SECONDS)
		# ends what was only read: whatever comes next in this process sees what others commit meanwhile
		frappe.db.commit()  # nosemgrep: frappe-manual-commit


def _look_up() -> Watched:
	# whatever is saved while watchers are asked is nobody's business
	frappe.flags[_KEY] = {}
	frappe.db.after_commit.add(_forget_here)
	frappe.db.after_rollback.add(_forget_here)
	kept = None
	with suppress(RedisError):
		kept = frappe.cache.get_value(_KEY, expires=True)
	watched = kept if isinstance(kept, dict) else _ask_all()
	if kept is None:
		_keep(watched, _SECONDS)
	frappe.flags[_KEY] = watched
	return watched


def _ask_all() -> Watched:
	answers: dict[str, dict[str, Any]] = {}
	for watcher in frappe.get_hooks(HOOK, default={}):
		for doctype, at_hand in _ask(watcher).items():
			answers.setdefault(doctype, {})[watcher] = at_hand
	return answers


def _ask(watcher: str) -> Mapping[str, Any]:
	path = watcher_function(watcher, "watched")
	with undone_alone(path or watcher):
		# the same values, whether they were asked for or kept; a class might be another one when it is read
		return json.loads(json.dumps(frappe.get_attr(path)()))
	return {}


def _keep(value: Watched | str, seconds: int) -> None:
	# a cache that cannot be reached is done without
	with suppress(RedisError):
		frappe.cache.set_value(_KEY, value, expires_in_sec=seconds)


def _forget_here() -> None:
	frappe.flags.pop(_KEY, None)
	# where version 16 keeps what it has written
	frappe.local.cache.pop(frappe.cache.make_key(_KEY), None)
