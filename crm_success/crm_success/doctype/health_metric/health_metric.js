// The form of a Health Metric: real fields to choose from, filters without JSON, a preview and a picture before saving.

frappe.provide("crm_success.health_metric");

frappe.ui.form.on("Health Metric", {
	setup(frm) {
		frm.set_query("source_doctype", () => ({
			query: "crm_success.crm_success.doctype.health_metric.health_metric.search_source_doctypes",
		}));
		frm.set_query("parent_doctype", () => ({
			query: "crm_success.crm_success.doctype.health_metric.health_metric.search_parent_doctypes",
			filters: { source_doctype: frm.doc.source_doctype },
		}));
	},

	refresh(frm) {
		crm_success.record_title.show(frm);
		frm.set_df_property("parent_doctype", "hidden", !frm.doc.parent_doctype);
		crm_success.health_metric.offer_fields(frm);
		const may_write = Boolean(frm.perm[0]?.write);
		frm.toggle_display(["edit_filters", "edit_matching"], may_write);
		if (may_write && frm.doc.measure) {
			frm.add_custom_button(__("Preview"), () => crm_success.health_metric.preview(frm));
		}
		crm_success.metric_histogram.show(frm);
	},

	source_doctype(frm) {
		const fields = ["parent_doctype", "customer_field", "date_field", "value_field", "filters", "matching"];
		fields.forEach((fieldname) => frm.set_value(fieldname, ""));
		crm_success.health_metric.ask_parent(frm);
	},

	measure(frm) {
		crm_success.health_metric.offer_fields(frm);
	},

	parent_doctype(frm) {
		crm_success.health_metric.offer_fields(frm, { fill: true });
	},

	edit_filters(frm) {
		crm_success.health_metric.edit_filters(frm, "filters");
	},

	edit_matching(frm) {
		crm_success.health_metric.edit_filters(frm, "matching");
	},
});

crm_success.health_metric.edit_filters = function (frm, fieldname) {
	crm_success.filter_editor.open({
		record: frm.doc,
		fieldname,
		doctype: frm.doc.source_doctype,
		parent_doctype: frm.doc.parent_doctype,
	});
};

// The rows of a child table belong to a document, and several kinds of documents may have them
crm_success.health_metric.ask_parent = async function (frm) {
	const { source_doctype } = frm.doc;
	if (!source_doctype) return;
	await frappe.model.with_doctype(source_doctype);
	const is_child = Boolean(frappe.get_meta(source_doctype).istable);
	frm.set_df_property("parent_doctype", "hidden", !is_child);
	if (!is_child) return crm_success.health_metric.offer_fields(frm, { fill: true });
	frappe.call({
		method: "crm_success.crm_success.doctype.health_metric.health_metric.search_parent_doctypes",
		args: {
			doctype: "DocType",
			txt: "",
			searchfield: "name",
			start: 0,
			page_len: 20,
			filters: { source_doctype },
		},
		callback({ message }) {
			if (message?.length === 1) frm.set_value("parent_doctype", message[0][0]);
		},
	});
};

crm_success.health_metric.offer_fields = function (frm, { fill = false } = {}) {
	const { source_doctype, parent_doctype, measure } = frm.doc;
	if (!source_doctype || (frappe.get_meta(source_doctype)?.istable && !parent_doctype)) return;
	frappe.call({
		method: "crm_success.scoring.api.metric_form.get_source_fields",
		args: { doctype: source_doctype, parent_doctype: parent_doctype || undefined, measure },
		callback({ message }) {
			if (!message || frm.doc.source_doctype !== source_doctype) return;
			if (frm.doc.measure === measure) crm_success.health_metric.set_fields(frm, message);
			if (fill) crm_success.health_metric.fill_in(frm, message);
		},
	});
};

crm_success.health_metric.set_fields = function (frm, message) {
	crm_success.health_metric.set_options(frm, "customer_field", message.customer_fields);
	crm_success.health_metric.set_options(frm, "date_field", message.date_fields);
	crm_success.health_metric.set_options(frm, "value_field", message.value_fields);
};

// What the server would fill in at saving
crm_success.health_metric.fill_in = function (frm, { customer_fields, date_fields }) {
	const usual = ["posting_date", "transaction_date", "opening_date"];
	const date = date_fields.find(({ value }) => usual.includes(value));
	if (customer_fields.length === 1) frm.set_value("customer_field", customer_fields[0].value);
	if (date) frm.set_value("date_field", date.value);
};

// Labels are not unique within a DocType, and the control finds the value by its label
crm_success.health_metric.set_options = function (frm, fieldname, options) {
	const named = (options || []).map(({ value, label }) => ({
		value,
		label: label && label !== value ? `${label} (${value})` : value,
	}));
	frm.get_field(fieldname).set_data(named);
	frm.refresh_field(fieldname);
};

crm_success.health_metric.preview = function (frm) {
	frappe.call({
		method: "crm_success.scoring.api.metric_form.preview_metric",
		args: { metric: frm.doc },
		freeze: true,
		freeze_message: __("Measuring a few customers"),
		callback({ message }) {
			if (message) crm_success.health_metric.show_preview(frm, message);
		},
	});
};

crm_success.health_metric.show_preview = function (frm, preview) {
	const dialog = new frappe.ui.Dialog({
		title: frappe.utils.escape_html(
			__("Preview of {0}", [__(frm.doc.metric_name || "Health Metric", null, "Health Metric")])
		),
		size: "extra-large",
		fields: [{ fieldtype: "HTML", fieldname: "tables" }],
	});
	const { number } = crm_success.health_metric;
	const counts = __("{0} customers have a value, {1} have none.", [
		number(preview.measured),
		number(preview.missing),
	]);
	const $body = dialog.get_field("tables").$wrapper;
	$body.append($("<p class='text-muted'>").text(counts));
	if (preview.only_readable) {
		$body.append($("<p class='text-muted'>").text(crm_success.metric_words.about_readable()));
	}
	for (const [side, title] of [
		["lowest", __("Lowest")],
		["highest", __("Highest")],
	]) {
		const customers = preview.customers.filter((customer) => customer.side === side);
		if (customers.length) {
			$body.append($("<h5>").text(title));
			$body.append(crm_success.health_metric.preview_table(frm, customers, preview.unit));
		}
	}
	dialog.show();
};

crm_success.health_metric.preview_table = function (frm, customers, unit) {
	const value_title = unit ? `${__("Value")} (${__(unit)})` : __("Value");
	const made_of = frm.doc.measure === "Expression" ? __("Metrics") : __("Documents");
	const columns = [
		[__("Customer"), "30%"],
		[value_title, "15%", "text-right"],
		[__("Points", null, "Health Metric Band"), "10%", "text-right"],
		[made_of, "45%"],
	];
	const head = columns
		.map(([title, width, align = ""]) => `<th class="${align}" style="width: ${width}">${frappe.utils.escape_html(title)}</th>`)
		.join("");
	const rows = customers.map(crm_success.health_metric.preview_row).join("");
	return `<div class="table-responsive"><table class="table table-bordered table-sm">
		<thead><tr>${head}</tr></thead><tbody>${rows}</tbody>
	</table></div>`;
};

crm_success.health_metric.preview_row = function (customer) {
	const { link_to, number } = crm_success.health_metric;
	const documents = (customer.documents || []).map(crm_success.health_metric.preview_document);
	return `<tr>
		<td>${link_to("Customer", customer.customer, customer.customer_name)}</td>
		<td class="text-right">${number(customer.value)}</td>
		<td class="text-right">${number(customer.points)}</td>
		<td class="text-nowrap">${documents.join("<br>")}</td>
	</tr>`;
};

crm_success.health_metric.preview_document = function ({ doctype, name, date, value }) {
	const { link_to, number } = crm_success.health_metric;
	const day = date ? frappe.datetime.str_to_user(date) : "";
	const details = [frappe.utils.escape_html(day), number(value)].filter(Boolean).join(", ");
	return `${link_to(doctype, name)} <span class="text-muted">${details}</span>`;
};

crm_success.health_metric.link_to = function (doctype, name, label) {
	const url = frappe.utils.escape_html(frappe.utils.get_form_link(doctype, name));
	return `<a href="${url}" target="_blank">${frappe.utils.escape_html(label || name)}</a>`;
};

// Its unit, where it has one, is in the head of the table
crm_success.health_metric.number = function (value) {
	if (value === null || value === undefined || value === "") return "";
	return frappe.utils.escape_html(crm_success.customer_health.value_text(value));
};
