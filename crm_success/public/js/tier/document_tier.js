// The customer's tier on a form of a sale, before ERPNext prices its rows: a Pricing Rule sees the document as the browser has
// it. Saving sets the tier once more. Whatever fails here, the form works on.

frappe.provide("crm_success.document_tier");

crm_success.document_tier.SALES = ["Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice"];
// what names a document from which this one was made: such a one has the tier of that document
crm_success.document_tier.REPLACES = ["amended_from", "return_against"];
crm_success.document_tier.MADE_FROM = [
	"prevdoc_docname",
	"against_sales_order",
	"against_sales_invoice",
	"sales_order",
	"delivery_note",
	"pos_invoice",
];

crm_success.document_tier.customer_of = function ({ doc }) {
	if (doc.doctype !== "Quotation") return doc.customer;
	return doc.quotation_to === "Customer" ? doc.party_name : null;
};

crm_success.document_tier.is_made_from_another = function ({ doc }) {
	const { REPLACES, MADE_FROM } = crm_success.document_tier;
	const names = (row, fieldnames) => fieldnames.some((fieldname) => row[fieldname]);
	// a Quotation made from an Opportunity has no tier yet
	return names(doc, REPLACES) || (doc.doctype !== "Quotation" && (doc.items || []).some((row) => names(row, MADE_FROM)));
};

crm_success.document_tier.tier_of = async function (customer) {
	if (!customer) return "";
	const { message } = await frappe.call({
		method: "crm_success.customer_loyalty.api.tier_rules_form.tier_of",
		args: { customer },
		type: "GET",
	});
	return message || "";
};

// Whether the tier is another one now
crm_success.document_tier.show = async function (frm) {
	if (frm.doc.docstatus || !frappe.meta.has_field(frm.doctype, "customer_tier")) return false;
	const { customer_of, tier_of } = crm_success.document_tier;
	const { name } = frm.doc;
	const customer = customer_of(frm);
	try {
		const tier = await tier_of(customer);
		// meanwhile somebody may have chosen another customer, or opened another document
		if (frm.doc.name !== name || customer_of(frm) !== customer) return false;
		if ((frm.doc.customer_tier || "") === tier) return false;
		await frappe.model.set_value(frm.doctype, name, "customer_tier", tier);
		return true;
	} catch {
		// saving sets it
		return false;
	}
};

// A copy, or a form that was opened for a customer: nobody chose the customer in it
crm_success.document_tier.show_once = async function (frm) {
	const { customer_of, is_made_from_another, show } = crm_success.document_tier;
	if (!frm.is_new() || !customer_of(frm) || is_made_from_another(frm)) return;
	if (frm.tier_shown_on === frm.doc.name) return;
	frm.tier_shown_on = frm.doc.name;
	const has_changed = await show(frm);
	if (has_changed && (frm.doc.items || []).some((row) => row.item_code)) frm.cscript.apply_pricing_rule?.();
};

// The field is text: its tier is shown as everywhere else, in the reader's language
crm_success.document_tier.translate = function (frm) {
	const field = frappe.meta.get_docfield(frm.doctype, "customer_tier", frm.doc.name);
	if (!field) return;
	field.formatter = (value) => frappe.utils.escape_html(value ? __(value, null, "Customer Tier") : "");
	frm.refresh_field("customer_tier");
};

for (const doctype of crm_success.document_tier.SALES) {
	const { show, show_once, translate } = crm_success.document_tier;
	// Frappe waits for what these return before ERPNext's own handlers price the rows
	frappe.ui.form.on(doctype, {
		refresh(frm) {
			translate(frm);
			return show_once(frm);
		},
		[doctype === "Quotation" ? "party_name" : "customer"]: (frm) => show(frm),
	});
}

frappe.ui.form.on("Issue", { refresh: (frm) => crm_success.document_tier.translate(frm) });
