"""Who watches which DocTypes: asked once, kept for all processes, so that a save nobody watches costs a look into a dict.

What all processes share lives in Redis for some minutes; a process looks there once a transaction. Whoever changes
what a watcher watches calls `ask_again`: once that is committed, all are told.

A transaction goes on seeing the records as they were when it began. So nobody tells the others what he sees in the
middle of one: it is asked anew after the commit, and told only if nobody else began to tell meanwhile. Until
somebody tells, each transaction asks for itself.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import frappe
from redis import Redis
from redis.exceptions import RedisError

from crm_success.database.conflicts import raise_if_out_of_time
from crm_success.watching.undone_alone import undone_alone

HOOK = "crm_success_watchers"

# for each DocType, what each watcher wants to have at hand, by the watcher's name
Watched = Mapping[str, Mapping[str, Any]]

_KEY = "crm_success_watched_doctypes"
# heals by itself what no event tells of, such as a metric that somebody changed by SQL
_SECONDS = 300
# how long nobody else begins to tell: of who was killed, the others wait no longer
_SECONDS_UNTIL_TOLD = 60
_CHANGES = "crm_success_watched_doctypes_change"
_NOTHING_KEPT = "crm_success_watched_doctypes_missing"


def is_setting_up() -> bool:
	"""Whether an app is being installed or uninstalled, or the site migrated: nobody watches then."""
	return bool(frappe.flags.in_install or frappe.flags.in_migrate or frappe.flags.in_uninstall)


def watched_doctypes() -> Watched:
	"""Who watches what, as this transaction sees it."""
	here = frappe.flags.get(_KEY)
	return _look_up() if here is None else here


def watcher_function(watcher: str, function: str) -> str | None:
	"""The path of one of a watcher's functions; None where its app has gone, or has no such function."""
	said = _said_by(watcher, function)
	return said[-1] if said else None


def writes_nothing(watcher: str) -> bool:
	"""Whether its functions only read and note."""
	return _said_by(watcher, "writes") == ["nothing"]


def ask_again() -> None:
	"""What a watcher watches changes with the running transaction: for this process now, for all once it is committed."""
	_forget_here()
	with suppress(RedisError):
		_redis().set(_shared_key(), _token(), ex=_SECONDS_UNTIL_TOLD)
	frappe.flags[_CHANGES] = True
	frappe.db.after_commit.add(_tell_of_change)
	frappe.db.after_rollback.add(_forget_everywhere)


def _tell_of_change() -> None:
	# once, however many records changed
	if not frappe.flags.pop(_CHANGES, False):
		return
	if is_setting_up():
		# what is only half set up is not told: whoever saves the next document does
		_forget_everywhere()
	else:
		_tell_all()


def _tell_where_nothing_is_kept() -> None:
	if frappe.flags.pop(_NOTHING_KEPT, False) and not is_setting_up():
		_tell_all(only_where_nothing_is_kept=True)


def _tell_all(only_where_nothing_is_kept: bool = False) -> None:
	"""Never fails: whose commit this follows must not hear of it. Where it fails, each transaction asks for itself."""
	_forget_here()
	token = _token()
	try:
		with suppress(RedisError):
			if _redis().set(_shared_key(), token, ex=_SECONDS_UNTIL_TOLD, nx=only_where_nothing_is_kept):
				# only a new transaction sees what others have committed
				frappe.db.commit()  # nosemgrep: frappe-manual-commit
				answers = json.dumps(_ask_all())
				# ends what was only read: whatever comes next in this process sees what others commit meanwhile
				frappe.db.commit()  # nosemgrep: frappe-manual-commit
				_replace(token, answers)
	except Exception as error:
		raise_if_out_of_time(error)
		frappe.logger("crm_success").error(frappe.get_traceback())


def _look_up() -> Watched:
	# whatever is saved while watchers are asked is nobody's business
	frappe.flags[_KEY] = {}
	frappe.db.after_commit.add(_forget_here)
	frappe.db.after_rollback.add(_forget_here)
	kept = _kept()
	frappe.flags[_KEY] = watched = kept if isinstance(kept, dict) else _ask_all()
	if kept is None:
		frappe.flags[_NOTHING_KEPT] = True
		frappe.db.after_commit.add(_tell_where_nothing_is_kept)
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


def _said_by(watcher: str, key: str) -> list[str]:
	return frappe.get_hooks(HOOK, default={}).get(watcher, {}).get(key, [])


def _kept() -> Watched | str | None:
	"""What all processes share: who watches what, the token of somebody who is about to tell, or nothing."""
	# a cache that cannot be reached is done without
	with suppress(RedisError):
		text = _redis().get(_shared_key())
		return json.loads(text) if text else None
	return ""


def _token() -> str:
	return json.dumps(frappe.generate_hash(length=20))


def _replace(token: str, text: str) -> None:
	"""Keep the text, unless somebody else took the place of the token; Redis refuses where it happens meanwhile."""
	with _redis().pipeline() as pipe:
		pipe.watch(_shared_key())
		if pipe.get(_shared_key()) == token.encode():
			pipe.multi()
			pipe.set(_shared_key(), text, ex=_SECONDS)
			pipe.execute()


def _forget_here() -> None:
	frappe.flags.pop(_KEY, None)


def _forget_everywhere() -> None:
	frappe.flags.pop(_CHANGES, None)
	_forget_here()
	with suppress(RedisError):
		_redis().delete(_shared_key())


def _redis() -> Redis:
	"""Frappe's own `set_value` knows neither the place of a token nor a watched key; the site's name is in `_shared_key`."""
	return frappe.cache


def _shared_key() -> bytes:
	return frappe.cache.make_key(_KEY)
