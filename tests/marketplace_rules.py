"""What a reviewer of Frappe's marketplace looks for in Python, each rule as a function from a source to line numbers.

Our own words for what Frappe's public rules name, and for what its reviewers ask beside them. Runs nothing of the source.
"""

import ast
import re
from collections.abc import Callable, Iterator

from marketplace_source import (
	Source,
	decorators,
	has_docstring,
	imported_by,
	is_composed,
	is_plain_text,
	is_sql,
	is_translation,
	sets_own_field,
	translated_after_composing,
)

# what the site's own database, user or language decides: one process serves many sites
OF_THE_SITE = re.compile(
	r"frappe\.(db|get_all|get_list|get_doc|get_cached_doc|get_single|get_meta|get_hooks|cache|local|conf|flags|lang|qb|_)\b|\bflt\("
)
PROXIES = re.compile(
	r"frappe\.(db|qb|conf|form|form_dict|request|response|session|user|flags|error_log|message_log|lang)"
)
AFTER_STORING = {"on_submit", "on_cancel", "after_insert", "on_update", "on_update_after_submit"}
EVALUATING = {"eval", "exec", "compile", "safe_eval", "safe_exec", "render_template"}
SAYING = {"frappe.throw", "frappe.msgprint"}

Rule = Callable[[Source], Iterator[int]]


def translated_text_is_composed(source: Source) -> Iterator[int]:
	"""What is formatted or joined before it is translated is found in no dictionary."""
	for node, name in source.calls():
		text = node.args[0] if name == "_" and node.args else None
		if text and not isinstance(text, ast.Constant) and is_composed(text):
			yield node.lineno
	for node in ast.walk(source.tree):
		if isinstance(node, ast.BinOp) and is_translation(node.left) and is_translation(node.right):
			yield node.lineno
	for function in source.functions():
		yield from translated_after_composing(function)


def translated_text_is_empty_or_padded(source: Source) -> Iterator[int]:
	"""Spaces at its ends get lost in a dictionary, and nothing needs no translation."""
	for node, name in source.calls():
		text = getattr(node.args[0], "value", None) if name == "_" and node.args else None
		if isinstance(text, str) and (not text or text.strip() != text.strip("\n")):
			yield node.lineno


def message_is_not_translated(source: Source) -> Iterator[int]:
	"""What people read is in their language, titles too."""
	for node, name in source.calls():
		if name in SAYING:
			said = [*node.args[:1], *(each.value for each in node.keywords if each.arg in ("msg", "title"))]
			yield from (each.lineno for each in said if is_plain_text(each))


def label_is_not_translated(source: Source) -> Iterator[int]:
	"""Columns and figures of reports."""
	if "report/" not in source.path:
		return
	for node in ast.walk(source.tree):
		if isinstance(node, ast.Dict):
			pairs = zip(node.keys, node.values, strict=True)
			labels = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "label"]
		elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dict":
			labels = [each.value for each in node.keywords if each.arg == "label"]
		else:
			continue
		yield from (each.lineno for each in labels if is_plain_text(each))


def transaction_ends_without_reason(source: Source) -> Iterator[int]:
	"""Frappe commits a request or a job as a whole, or not at all: who does otherwise says why."""
	for node, name in source.calls():
		if name in ("frappe.db.commit", "frappe.db.rollback") and not source.has_reason(node):
			yield node.lineno


def raw_sql_without_reason(source: Source) -> Iterator[int]:
	"""The query builder quotes names, binds values and knows every database."""
	for node, name in source.calls():
		if is_sql(name) and not source.has_reason(node) and not has_docstring(source, node):
			yield node.lineno


def raw_sql_is_composed(source: Source) -> Iterator[int]:
	"""A value in the text of a statement may be a statement."""
	for node, name in source.calls():
		if is_sql(name) and node.args and is_composed(node.args[0]):
			yield node.lineno


def text_is_executed(source: Source) -> Iterator[int]:
	"""Whoever may write the text may do what the site may do."""
	for node, name in source.calls():
		if name.split(".")[-1] in EVALUATING and not name.startswith("re."):
			yield node.lineno


def site_is_asked_while_importing(source: Source) -> Iterator[int]:
	"""The answer would serve every site of the process."""
	for node in ast.walk(source.tree):
		if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
			inside = any(isinstance(each, ast.FunctionDef) for each in source.above(node))
			if not inside and OF_THE_SITE.search(ast.unparse(node.value)):
				yield node.lineno


def cache_knows_no_site(source: Source) -> Iterator[int]:
	"""get_value and set_value put the site's name into the key, get and set do not."""
	for node, name in source.calls():
		if re.fullmatch(r"frappe\.cache(\(\))?\.(get|set)", name):
			yield node.lineno


def record_changes_after_it_was_stored(source: Source) -> Iterator[int]:
	"""What a hook sets once the record is in the database is lost, unless it stores it itself."""
	for function in source.functions():
		if function.name in AFTER_STORING and not re.search(r"\.(db_set|save)\(", ast.unparse(function)):
			yield from (node.lineno for node in ast.walk(function) if sets_own_field(node))


def printed(source: Source) -> Iterator[int]:
	"""A web worker has no terminal."""
	yield from (node.lineno for node, name in source.calls() if name == "print")


def functional_code(source: Source) -> Iterator[int]:
	"""A comprehension says the same and reads from left to right."""
	yield from (node.lineno for node, name in source.calls() if name in ("map", "filter"))


def debugging_is_left_in(source: Source) -> Iterator[int]:
	"""debug=True prints every statement."""
	for node, _name in source.calls():
		if any(each.arg == "debug" and ast.unparse(each.value) in ("True", "1") for each in node.keywords):
			yield node.lineno


def table_changes_while_it_is_read(source: Source) -> Iterator[int]:
	"""Rows are skipped or met twice."""
	for node in ast.walk(source.tree):
		over_own_table = isinstance(node, ast.For) and ast.unparse(node.iter).startswith("self.")
		if over_own_table and re.search(r"\bself\.(remove|append)\(", ast.unparse(node)):
			yield node.lineno


def key_is_given_twice(source: Source) -> Iterator[int]:
	"""The first value is never seen."""
	for node in ast.walk(source.tree):
		if isinstance(node, ast.Dict):
			keys = [ast.unparse(key) for key in node.keys if key]
			if len(keys) > len(set(keys)):
				yield node.lineno


def framework_is_patched(source: Source) -> Iterator[int]:
	"""Frappe's hooks are the way to change what it does; what is imported belongs to all apps of the process."""
	imported = {name for node in ast.walk(source.tree) for name in imported_by(node)}
	for node in ast.walk(source.tree):
		for target in node.targets if isinstance(node, ast.Assign) else ():
			if isinstance(target, ast.Attribute):
				written = ast.unparse(target)
				if written.split(".")[0] in imported or PROXIES.fullmatch(written):
					yield node.lineno


def single_is_read_as_if_it_were_many(source: Source) -> Iterator[int]:
	"""get_single_value knows the types of the fields."""
	for node, name in source.calls():
		if name in ("frappe.db.get_value", "frappe.db.set_value") and len(node.args) > 1:
			first, second = (ast.unparse(each) for each in node.args[:2])
			if second in (first, "None"):
				yield node.lineno


def hook_that_frappe_never_calls(source: Source) -> Iterator[int]:
	"""There is no after_save."""
	yield from (function.lineno for function in source.functions() if function.name == "after_save")


def order_is_no_keyword(source: Source) -> Iterator[int]:
	"""orderby takes it for another column."""
	for node, name in source.calls():
		last = ast.unparse(node.args[-1]).strip("'\"").split(".")[-1] if node.args else ""
		if name.endswith(".orderby") and last in ("asc", "desc"):
			yield node.lineno


def everybody_is_told(source: Source) -> Iterator[int]:
	"""Without a room the whole site hears it."""
	for node, name in source.calls():
		if name == "frappe.publish_realtime" and not {"doctype", "docname", "room", "user"}.intersection(
			each.arg or "" for each in node.keywords
		):
			yield node.lineno


def arguments_in_one(source: Source) -> Iterator[int]:
	"""A function that takes `args` and no more hides what it takes."""
	for function in source.functions():
		if [each.arg for each in function.args.args] == ["args"]:
			yield function.lineno


def record_from_a_needless_dict(source: Source) -> Iterator[int]:
	"""get_doc(dict(a=1)) is get_doc(a=1)."""
	for node, name in source.calls():
		if name == "frappe.get_doc" and node.args and ast.unparse(node.args[0]).startswith("dict("):
			yield node.lineno


def permissions_are_ignored_without_reason(source: Source) -> Iterator[int]:
	"""Installing, migrating and uninstalling are done by whoever owns the site."""
	if source.path.split("/")[0] in ("setup", "patches", "install.py", "uninstall.py"):
		return
	for node, _name in source.calls():
		if any(each.arg == "ignore_permissions" for each in node.keywords) and not source.has_reason(node):
			yield node.lineno
	for node in ast.walk(source.tree):
		targets = node.targets if isinstance(node, ast.Assign) else []
		if any(ast.unparse(each).endswith("ignore_permissions") for each in targets):
			yield from () if source.has_reason(node) else (node.lineno,)


def guests_are_let_in(source: Source) -> Iterator[int]:
	"""Nothing of ours is for those who are not logged in."""
	for node, name in source.calls():
		if name == "frappe.whitelist" and any(each.arg == "allow_guest" for each in node.keywords):
			yield node.lineno


def endpoint_has_no_types(source: Source) -> Iterator[int]:
	"""Frappe checks what a request sends against them."""
	for function in source.whitelisted():
		taken = [*function.args.args, *function.args.kwonlyargs]
		if any(each.annotation is None and each.arg != "self" for each in taken):
			yield function.lineno


def endpoint_checks_no_permission_first(source: Source) -> Iterator[int]:
	"""Before anything else that a request could learn from."""
	for function in source.whitelisted():
		first = ast.unparse(function.body[1 if ast.get_docstring(function) else 0])
		if not re.match(r"(frappe\.has_permission\(.*throw=True|frappe\.only_for\(|_?check_\w+\()", first):
			yield function.lineno


def endpoint_reads_without_permission(source: Source) -> Iterator[int]:
	"""get_all sees everything; what a user is shown comes from get_list."""
	for function in source.whitelisted():
		for node in ast.walk(function):
			if isinstance(node, ast.Call) and ast.unparse(node.func) == "frappe.get_all":
				yield node.lineno


def endpoint_takes_any_amount(source: Source) -> Iterator[int]:
	"""of_bounded_size refuses, in words, what would keep a worker busy."""
	yield from (each.lineno for each in source.whitelisted() if "of_bounded_size" not in decorators(each))


def default_that_is_shared(source: Source) -> Iterator[int]:
	"""A list as default is one list for all calls."""
	for function in source.functions():
		defaults = [*function.args.defaults, *(each for each in function.args.kw_defaults if each)]
		if any(isinstance(each, ast.List | ast.Dict | ast.Set) for each in defaults):
			yield function.lineno


RULES: tuple[Rule, ...] = (
	translated_text_is_composed,
	translated_text_is_empty_or_padded,
	message_is_not_translated,
	label_is_not_translated,
	transaction_ends_without_reason,
	raw_sql_without_reason,
	raw_sql_is_composed,
	text_is_executed,
	site_is_asked_while_importing,
	cache_knows_no_site,
	record_changes_after_it_was_stored,
	printed,
	functional_code,
	debugging_is_left_in,
	table_changes_while_it_is_read,
	key_is_given_twice,
	framework_is_patched,
	single_is_read_as_if_it_were_many,
	hook_that_frappe_never_calls,
	order_is_no_keyword,
	everybody_is_told,
	arguments_in_one,
	record_from_a_needless_dict,
	permissions_are_ignored_without_reason,
	guests_are_let_in,
	endpoint_has_no_types,
	endpoint_checks_no_permission_first,
	endpoint_reads_without_permission,
	endpoint_takes_any_amount,
	default_that_is_shared,
)
