// The list of customers' health. Sets the words of its fields too, since Frappe runs this file before a form or a report.

(function () {
	const DOCTYPE = "Customer Health";
	// Frappe looks options up without a context, where "Lost" is a lost quotation and "New" a new document;
	// a stage has the words of the field on Customer, so that its "Potential" is not that of the value class
	const CONTEXTS = { stage: "Customer", activity: DOCTYPE, value_class: DOCTYPE };
	const translated = (fieldname) => (value) => value ? __(value, null, CONTEXTS[fieldname]) : "";

	const filterable = (fieldname) => (value) => {
		if (!value) return "";
		const [filter, word] = [`${fieldname},=,${value}`, translated(fieldname)(value)].map(frappe.utils.escape_html);
		return `<a class="filterable ellipsis" data-filter="${filter}">${word}</a>`;
	};

	const set_formatter = function (fieldname, in_words) {
		const docfield = frappe.meta.get_docfield(DOCTYPE, fieldname);
		if (docfield) docfield.formatter = (value) => crm_success.plain_texts.as_text(in_words(value));
	};
	Object.keys(CONTEXTS).forEach((fieldname) => set_formatter(fieldname, translated(fieldname)));

	// an administrator's words, or those that came with the app
	set_formatter("cap_reason", (value) => (value ? __(value) : ""));

	const audiences = frappe.meta.get_docfield(DOCTYPE, "audiences");
	if (audiences) audiences.formatter = (...shown) => crm_success.audience_names.as_links(...shown);
	const in_one_line = (names) => crm_success.audience_names.in_one_line(names);

	frappe.listview_settings[DOCTYPE] = {
		add_fields: ["band", "score", "coverage", "trend", "customer", "lapse_risk"],
		// customers with nothing to measure would stand before the lowest scores
		filters: [
			["band", "is", "set"],
			["customer_disabled", "=", "0"],
		],
		hide_name_column: true,

		onload(listview) {
			for (const [fieldname, context] of Object.entries(CONTEXTS)) {
				const filter = listview.page.fields_dict[fieldname];
				if (!filter) continue;
				filter.df.context = context;
				filter.last_options = null;
				filter.set_options();
			}
			crm_success.audience_list.set_up(listview, "audiences");
		},

		get_indicator: (doc) => crm_success.bands.indicator(doc.band),

		// elements, since version 16 takes other text for a selector
		formatters: {
			score(value, df, doc) {
				if (!doc.band) return "";
				const { is_low, mark } = crm_success.coverage;
				const low = is_low(doc.coverage) ? ` <small class="text-muted">${mark(doc.coverage)}</small>` : "";
				return `<span>${format_number(value, null, 1)}${low}</span>`;
			},
			coverage(value, df, doc) {
				return doc.band && value ? `<span>${crm_success.coverage.mark(value)}</span>` : "";
			},
			lapse_risk(value) {
				// null where it could not be told, which is not a risk of 0
				return value === null || value === undefined ? "" : `<span>${format_number(value, null, 0)} %</span>`;
			},
			trend(value) {
				const arrow = crm_success.bands.TREND_ARROWS[value];
				return arrow ? `<span>${arrow} ${__(value)}</span>` : "";
			},
			stage: filterable("stage"),
			activity: filterable("activity"),
			value_class: filterable("value_class"),
			audiences: in_one_line,
		},
	};
})();
