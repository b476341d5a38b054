// "Save as Audience": a new Customer Audience of the filters of a list, or of a cell of the RFM Matrix. What follows from
// filters is computed by `from_filters` alone, which asks nothing of the desk.

frappe.provide("crm_success.save_as_audience");

Object.assign(crm_success.save_as_audience, {
	// as in scoring/queries/conditions.py
	OPERATORS: ["=", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like", "between", "is"],
	// those of trees, by what they become: the names that they stand for today
	OF_TREES: {
		"descendants of": "in",
		"descendants of (inclusive)": "in",
		"not descendants of": "not in",
		"ancestors of": "in",
		"not ancestors of": "not in",
	},
	// as in scoring/engine/records.py
	MOST_VALUES: 1000,
	// a list also finds customers without a row by these, a condition does not
	ALSO_WITHOUT_ROW: ["!=", "not in", "not like", "<", "<="],
	OF_PEOPLE: ["_assign", "_liked_by", "_comments", "_seen"],
	DISABLED: { Customer: "disabled", "Customer Health": "customer_disabled" },
	AUDIENCES: { Customer: "customer_audiences", "Customer Health": "audiences" },

	REASONS: {
		people: () => __("it is about the people who work with the record"),
		field: () => __("this field cannot be a condition"),
		tag: () => __("a condition names one tag of the customer as a whole"),
		audience: () => __("a condition names one audience as a whole"),
		moving: () => __("conditions compare with days that stay; choose Between"),
		tree: () => __("it stands for too many records, or none"),
		operator: () => __("conditions do not know this operator"),
		row: () => __("in a table, a condition looks for a row"),
	},

	NEGATED: { "=": 0, like: 0, "!=": 1, "not like": 1 },

	// In order, the first that answers decides: a condition, a filter of one, a value of the audience, or why it is left
	// out. `known`: of each DocType the fields that can be used, tags that exist, and the names that trees stand for
	RULES: [
		function of_disabled({ source, field, operator, value }) {
			if (field !== crm_success.save_as_audience.DISABLED[source] || operator !== "=") return null;
			return Number(value) ? { filter: [field, "=", 1], include_disabled: 1 } : { include_disabled: 0 };
		},

		function of_audience({ source, field, operator, value }) {
			const { AUDIENCES, NEGATED } = crm_success.save_as_audience;
			if (field !== AUDIENCES[source]) return null;
			const audience = crm_success.audience_names.name_in(value);
			const is_one = audience && operator in NEGATED;
			return is_one
				? { condition: { looks_at: "Audience", audience, is_not: NEGATED[operator] } }
				: { left_out: "audience" };
		},

		function of_tag({ source, field, operator, value }, { tags }) {
			const { NEGATED, without_wildcards } = crm_success.save_as_audience;
			if (field !== "_user_tags") return null;
			const tag = without_wildcards(value);
			const is_one = source === "Customer" && tags.includes(tag) && operator in NEGATED;
			return is_one ? { condition: { looks_at: "Tag", tag, is_not: NEGATED[operator] } } : { left_out: "tag" };
		},

		({ field }) => crm_success.save_as_audience.OF_PEOPLE.includes(field) && { left_out: "people" },

		({ source, field }, { fields }) => !fields[source]?.includes(field) && { left_out: "field" },

		function of_tree({ field, operator, row }, { names }) {
			const { MOST_VALUES, OF_TREES, key_of } = crm_success.save_as_audience;
			if (!OF_TREES[operator]) return null;
			const stands_for = names[key_of(row)] || [];
			if (!stands_for.length || stands_for.length > MOST_VALUES) return { left_out: "tree" };
			return { filter: [field, OF_TREES[operator], stands_for], as_of_today: true };
		},

		({ operator }) => operator === "Timespan" && { left_out: "moving" },

		({ operator }) =>
			!crm_success.save_as_audience.OPERATORS.includes(operator.toLowerCase()) && { left_out: "operator" },

		function of_row({ is_table, operator, value }) {
			const { ALSO_WITHOUT_ROW } = crm_success.save_as_audience;
			const finds_none = ALSO_WITHOUT_ROW.includes(operator) || (operator === "is" && value === "not set");
			return is_table && finds_none && { left_out: "row" };
		},

		({ field, operator, value }) => ({ filter: [field, operator.toLowerCase(), value] }),
	],

	key_of: (row) => JSON.stringify(row),

	without_wildcards: (pattern) => String(pattern ?? "").replace(/^%|%$/g, ""),

	// The values of the audience, its conditions, the filters that were left out with the reason, and those that say what
	// holds today. A filter: [DocType, field, operator, value]
	from_filters(doctype, filters, known) {
		const { answer_to, conditions_of } = crm_success.save_as_audience;
		const answers = filters.map((row) => ({ row, ...answer_to(doctype, row, known) }));
		const { include_disabled } = answers.find((answer) => "include_disabled" in answer) || {
			// the list of health begins without disabled customers: who took that filter out wants them
			include_disabled: Number(doctype === "Customer Health"),
		};
		return {
			include_disabled,
			conditions: conditions_of(doctype, answers),
			left_out: answers.filter(({ left_out }) => left_out).map(({ row, left_out }) => [row, left_out]),
			as_of_today: answers.filter(({ as_of_today }) => as_of_today).map(({ row }) => row),
		};
	},

	answer_to(doctype, row, known) {
		const [source, field, operator, value] = row;
		const filter = { row, source, field, operator, value, is_table: source !== doctype };
		for (const rule of crm_success.save_as_audience.RULES) {
			const answer = rule(filter, known);
			if (answer) return answer;
		}
		return {};
	},

	// All filters on one DocType are one condition
	conditions_of(doctype, answers) {
		const filters = {};
		for (const { row, filter } of answers) if (filter) (filters[row[0]] ??= []).push(filter);
		const of_filters = Object.entries(filters).map(([source, rows]) => ({
			...(source === doctype ? { looks_at: doctype } : { looks_at: "Table of Customer", table_doctype: source }),
			filters: JSON.stringify(rows),
		}));
		return [...of_filters, ...answers.map(({ condition }) => condition).filter(Boolean)];
	},

	// Of the customers of a cell of the RFM Matrix, and of the audience to which the report is limited
	from_scores(recency, frequency, { include_disabled, audience }) {
		const filters = [
			["recency_score", "=", recency],
			["frequency_score", "=", frequency],
		];
		const scores = { looks_at: "Customer Health", filters: JSON.stringify(filters) };
		const within = audience ? [{ looks_at: "Audience", audience }] : [];
		return { include_disabled: include_disabled ? 1 : 0, conditions: [scores, ...within] };
	},

	is_allowed: () => frappe.model.can_create("Customer Audience"),

	async from_list(listview) {
		const { from_filters, known_about, open, tell } = crm_success.save_as_audience;
		const { doctype } = listview;
		const filters = listview.get_filters_for_args();
		const found = from_filters(doctype, filters, await known_about(doctype, filters));
		if (found.conditions.length) await open(found);
		tell(found);
	},

	async known_about(doctype, filters) {
		const { names_of, tags_among, usable_fields } = crm_success.save_as_audience;
		const sources = [...new Set([doctype, ...filters.map(([source]) => source)])];
		const names = await Promise.all(filters.map(names_of));
		return {
			fields: Object.fromEntries(sources.map((source) => [source, usable_fields(source)])),
			tags: await tags_among(filters),
			names: Object.assign({}, ...names),
		};
	},

	// as in audiences/audience_checks.py
	usable_fields(doctype) {
		const is_usable = ({ fieldtype, is_virtual, permlevel }) =>
			frappe.model.is_value_type(fieldtype) &&
			!["Code", "Long Text", "Password"].includes(fieldtype) &&
			!is_virtual &&
			!permlevel;
		const fields = frappe.meta.get_docfields(doctype).filter(is_usable);
		return ["name", "owner", "creation", "modified", ...fields.map(({ fieldname }) => fieldname)];
	},

	async tags_among(filters) {
		const patterns = filters.filter(([, field]) => field === "_user_tags").map(([, , , value]) => value);
		if (!patterns.length) return [];
		const names = patterns.map(crm_success.save_as_audience.without_wildcards);
		const rows = await frappe.db.get_list("Tag", { filters: { name: ["in", names] }, limit: 0 });
		return rows.map(({ name }) => name);
	},

	async names_of(filter) {
		const { OF_TREES, key_of } = crm_success.save_as_audience;
		const [doctype, field, operator, value] = filter;
		const { options: tree } = frappe.meta.get_docfield(doctype, field) || {};
		if (!OF_TREES[operator] || !tree) return {};
		// "not descendants of" leaves out those that "descendants of" finds
		const filters = [["name", operator.replace(/^not /, ""), value]];
		const rows = await frappe.db.get_list(tree, { filters, limit: 0 });
		return { [key_of(filter)]: rows.map(({ name }) => name) };
	},

	async open({ include_disabled, conditions }) {
		await frappe.model.with_doctype("Customer Audience");
		const doc = frappe.model.get_new_doc("Customer Audience");
		Object.assign(doc, { include_disabled, how: "By Filters", match: "All Conditions" });
		for (const condition of conditions) {
			const row = frappe.model.add_child(doc, "Customer Audience Condition", "conditions");
			Object.assign(row, condition);
		}
		await frappe.set_route("Form", doc.doctype, doc.name);
	},

	// What the new audience has not taken over, or not as it was
	tell({ conditions, left_out, as_of_today }) {
		const { REASONS, in_words, told } = crm_success.save_as_audience;
		const parts = [];
		if (!conditions.length) {
			parts.push($("<p></p>").text(__("The list has no filter that can be a condition. Filter it first.")));
		}
		const reasons = left_out.map(([row, reason]) => `${in_words(row)}: ${REASONS[reason]()}`);
		parts.push(...told(__("Left out, because a condition cannot say it:"), reasons));
		parts.push(...told(__("Saved as the names that it stands for today:"), as_of_today.map(in_words)));
		if (!parts.length) return;
		const fields = [{ fieldtype: "HTML", fieldname: "told" }];
		const dialog = new frappe.ui.Dialog({ title: __("Save as Audience"), fields });
		dialog.get_field("told").$wrapper.append(parts);
		dialog.show();
	},

	told(title, lines) {
		if (!lines.length) return [];
		const items = lines.map((line) => $("<li></li>").text(line));
		return [$("<p></p>").text(title), $("<ul></ul>").append(items)];
	},

	in_words([doctype, field, operator, value]) {
		const label = frappe.meta.get_label(doctype, field);
		return `${__(label, null, doctype)} ${__(operator)} ${[].concat(value).join(", ")}`;
	},});
