"""For each rule of the marketplace, what it must find and what it must let through. Checks nothing."""

from collections.abc import Callable

import marketplace_rules as python
import marketplace_scripts as scripts

WHITELISTED = "@frappe.whitelist()\n@of_bounded_size\ndef f({0}):\n\t{1}\n"
CHECKED = "frappe.has_permission('A', 'read', throw=True)"

# by rule: what it finds, and what is right
PYTHON: dict[Callable, tuple[tuple[str, ...], tuple[str, ...]]] = {
	python.translated_text_is_composed: (
		(
			'_(f"a {b}")',
			'_("a {}".format(b))',
			'_("a %s" % b)',
			'_("a" + "b")',
			'_("a") + _("b")',
			'def f():\n\tx = f"a {b}"\n\treturn _(x)',
		),
		('_("a {0}").format(b)', "_(label)", "def f():\n\tx = doc.label\n\treturn _(x)"),
	),
	python.translated_text_is_empty_or_padded: (('_("")', '_(" a")', '_("a ")'), ('_("a")', "_(a)")),
	python.message_is_not_translated: (
		(
			'frappe.throw("a")',
			'frappe.msgprint(f"a {b}")',
			'frappe.throw("a " + b)',
			'frappe.throw(_("a"), title="A")',
			'frappe.throw("a {0}".format(b))',
		),
		('frappe.throw(_("a"))', 'frappe.throw(_("a {0}").format(b), title=_("A"))', "frappe.throw(message)"),
	),
	python.label_is_not_translated: (
		('{"label": "A"}', 'dict(label="A")'),
		('{"label": _("A")}', '{"fieldname": "a"}', "dict(label=_('A'))"),
	),
	python.transaction_ends_without_reason: (
		(
			"frappe.db.commit()",
			"frappe.db.commit()  # nosemgrep",
			"frappe.db.rollback(save_point=a)",
			"# why\na = 1\nfrappe.db.commit()",
		),
		(
			"frappe.db.commit()  # others must see it",
			"# others must see it\nfrappe.db.commit()  # nosemgrep: frappe-manual-commit",
		),
	),
	python.raw_sql_without_reason: (
		('frappe.db.sql("SELECT 1")', 'frappe.db.sql_ddl("DROP TABLE a")  # nosemgrep: frappe-using-db-sql'),
		(
			'# the builder knows no SET\nfrappe.db.sql("SET a = 1")',
			"frappe.qb.from_(a).select(a.b).run()",
			'def f(a):\n\t"""The one way."""\n\treturn frappe.db.sql(a)',
		),
	),
	python.raw_sql_is_composed: (
		(
			'frappe.db.sql(f"SELECT {a}")',
			'frappe.db.sql("SELECT %s" % a)',
			'frappe.db.sql("SELECT {0}".format(a))',
			'frappe.db.sql_list("SELECT " + a)',
		),
		('frappe.db.sql("SELECT %s", a)',),
	),
	python.text_is_executed: (
		("eval(a)", "exec(a)", "frappe.safe_eval(a)", "frappe.render_template(a, b)", "compile(a, b, c)"),
		("re.compile(a)", "evaluate(a)", "ast.literal_eval(a)"),
	),
	python.site_is_asked_while_importing: (
		(
			'A = frappe.db.get_value("A", "b")',
			"A = frappe.get_all('A')",
			"A = {1: frappe.conf.a}",
			"A: int = flt(1)",
			"class B:\n\ta = frappe._('a')",
			"A = frappe.qb.DocType('A')",
		),
		("def f():\n\ta = frappe.get_all('A')", "A = frappe.ValidationError"),
	),
	python.cache_knows_no_site: (
		("frappe.cache.set('a', 1)", "frappe.cache().get('a')"),
		("frappe.cache.set_value('a', 1)",),
	),
	python.record_changes_after_it_was_stored: (
		(
			"class A:\n\tdef on_update(self):\n\t\tself.a = 1",
			"class A:\n\tdef on_submit(self):\n\t\tif a:\n\t\t\tself.a = b",
		),
		(
			"class A:\n\tdef validate(self):\n\t\tself.a = 1",
			"class A:\n\tdef on_update(self):\n\t\tself.a = 1\n\t\tself.db_set('a', self.a)",
			"class A:\n\tdef on_update(self):\n\t\tself.flags.a = 1",
		),
	),
	python.printed: (("print(a)",), ("frappe.msgprint(a)", "click.echo(a)")),
	python.functional_code: (("map(f, a)", "list(filter(None, a))"), ("[f(b) for b in a]", "series.map(f)")),
	python.debugging_is_left_in: (
		("frappe.get_all('A', debug=True)", "frappe.db.sql(a, debug=1)"),
		("f(debug=False)",),
	),
	python.table_changes_while_it_is_read: (
		(
			"for row in self.rows:\n\tself.remove(row)",
			"for row in self.get('rows'):\n\tself.append('rows', {})",
		),
		("for row in list(self.rows):\n\tkept.append(row)", "for row in rows:\n\tself.append('rows', row)"),
	),
	python.key_is_given_twice: (
		("{'a': 1, 'a': 2}", "{a: 1, b: 2, a: 3}"),
		("{'a': 1, **{'a': 2}}", "{**a, **b}"),
	),
	python.framework_is_patched: (
		("from a import b\nb.c = 1", "from a import b\nb.c.d = f", "frappe.db = a", "frappe.flags = {}"),
		("frappe.flags.a = 1", "a.b = 1", "from a import b\nc = b.d"),
	),
	python.single_is_read_as_if_it_were_many: (
		(
			"frappe.db.get_value('A', 'A', 'b')",
			"frappe.db.get_value('A', None, 'b')",
			"frappe.db.set_value(A, A, 'b', 1)",
		),
		("frappe.db.get_value('A', 'b', 'c')", "frappe.db.get_single_value('A', 'b')"),
	),
	python.hook_that_frappe_never_calls: (
		("class A:\n\tdef after_save(self): ...",),
		("class A:\n\tdef on_update(self): ...",),
	),
	python.order_is_no_keyword: (
		("q.orderby(a, 'desc')", "q.orderby(a, Order.asc)", "q.orderby(a, frappe.qb.desc)"),
		("q.orderby(a, order=Order.desc)", "q.orderby(a, b)"),
	),
	python.everybody_is_told: (
		("frappe.publish_realtime('a', b)",),
		("frappe.publish_realtime('a', b, user=c)", "frappe.publish_realtime('a', b, doctype=c, docname=d)"),
	),
	python.arguments_in_one: (("def f(args): ...",), ("def f(args, a): ...", "def f(*args): ...")),
	python.record_from_a_needless_dict: (
		("frappe.get_doc(dict(doctype='A'))",),
		("frappe.get_doc(doctype='A')", "frappe.get_doc({'doctype': 'A'})"),
	),
	python.permissions_are_ignored_without_reason: (
		(
			"doc.insert(ignore_permissions=True)",
			"doc.flags.ignore_permissions = True",
			"doc.insert(ignore_permissions=True)  # nosemgrep",
		),
		(
			"# nobody may by hand\ndoc.insert(ignore_permissions=True)",
			"doc.insert()",
			"# ours\ndoc.flags.ignore_permissions = True",
		),
	),
	python.guests_are_let_in: (
		("@frappe.whitelist(allow_guest=True)\ndef f(): ...",),
		("@frappe.whitelist(methods=['POST'])\ndef f(): ...",),
	),
	python.endpoint_has_no_types: (
		(WHITELISTED.format("a", CHECKED), WHITELISTED.format("a: str, *, b=None", CHECKED)),
		(WHITELISTED.format("a: str, **b", CHECKED), "def f(a): ..."),
	),
	python.endpoint_checks_no_permission_first: (
		(
			WHITELISTED.format("", "return 1"),
			WHITELISTED.format("", "a = frappe.get_doc(b)\n\t" + CHECKED),
			WHITELISTED.format("", "frappe.has_permission('A', 'read')"),
		),
		(
			WHITELISTED.format("", CHECKED),
			WHITELISTED.format("", '"""Says what."""\n\tcheck_reads_health()'),
			WHITELISTED.format("", "frappe.only_for('A')"),
			"def f(): return 1",
		),
	),
	python.endpoint_reads_without_permission: (
		(WHITELISTED.format("", CHECKED + "\n\treturn frappe.get_all('A')"),),
		(WHITELISTED.format("", CHECKED + "\n\treturn frappe.get_list('A')"), "frappe.get_all('A')"),
	),
	python.endpoint_takes_any_amount: (
		("@frappe.whitelist()\ndef f(a: str): ...",),
		(WHITELISTED.format("a: str", CHECKED),),
	),
	python.default_that_is_shared: (
		("def f(a=[]): ...", "def f(*, a={}): ..."),
		("def f(a=None): ...", "def f(a=()): ..."),
	),
}

SCRIPTS: dict[Callable, tuple[tuple[str, ...], tuple[str, ...]]] = {
	scripts.message_is_not_translated: (
		(
			'frappe.msgprint("Done")',
			"frappe.throw('No')",
			"frappe.show_alert(`Saved ${a}`)",
			'frm.add_custom_button("Go", f)',
			'f({ title: "A Title" })',
		),
		(
			'frappe.msgprint(__("Done"))',
			'frm.add_custom_button(__("Go"), f)',
			'f({ title: "" })',
			"frappe.throw(message)",
		),
	),
	scripts.translated_text_is_composed: (
		("__(`a ${b}`)", '__("a" + b)', '__("a") + __("b")', '__("a \\\n b")'),
		('__("a {0}", [b])', '__("a") + ": " + b'),
	),
	scripts.translated_text_is_empty_or_padded: (('__("")', '__(" a")', "__('a ')"), ('__("a b")', "__(a)")),
	scripts.form_of_the_moment: (("cur_frm.save()",), ("frm.save()",)),
	scripts.wrapper_of_includes: (("in_list(a, b)",), ("a.includes(b)",)),
	scripts.debounced_anew_each_time: (
		("frappe.utils.debounce(() => f(a), 300)();",),
		("const g = frappe.utils.debounce(f, 300);",),
	),
	scripts.server_is_asked_in_a_loop: (
		(
			"for (const a of b) { frappe.call({ method: c }); }",
			"a.forEach((b) => { frappe.db.get_value('A', b); })",
			"while (a) { frappe.xcall(b) }",
		),
		("frappe.call({ method: a });", "for (const a of b) { f(a); }\nfrappe.call(c)", "a.map((b) => b.c)"),
	),
	scripts.choice_is_translated: (
		('f({ options: [__("A")] })',),
		('f({ options: [{ label: __("A"), value: "A" }] })', 'f({ options: ["A"] })'),
	),
	scripts.left_from_debugging: (
		("console.log(a)", "debugger;", 'alert("a")'),
		("f(a)", "frappe.show_alert(a)"),
	),
	scripts.text_is_executed: (
		("eval(a)", 'new Function("a", b)'),
		("frappe.ui.form.eval(a)", "evaluate(a)"),
	),
	scripts.way_around_frappe: (
		("$.ajax(a)", "fetch(a)", "new XMLHttpRequest()"),
		("frappe.call(a)", "prefetch(a)"),
	),
}
