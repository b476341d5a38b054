// The form of a Loyalty Earning Rule: conditions without JSON, and what a real document would earn by it.

frappe.provide("crm_success.earning_rule");

frappe.ui.form.on("Loyalty Earning Rule", {
	refresh(frm) {
		const may_write = Boolean(frm.perm[0]?.write);
		frm.toggle_display("edit_filters", may_write);
		if (may_write && frm.doc.event !== "Yearly Date") {
			frm.add_custom_button(__("Try It"), () => crm_success.earning_rule.choose(frm));
		}
	},

	edit_filters(frm) {
		const doctype = crm_success.earning_rule.doctypes(frm)[0];
		if (!doctype) return frappe.msgprint(__("Choose the document type first."));
		crm_success.filter_editor.open({ record: frm.doc, fieldname: "filters", doctype });
	},
});

Object.assign(crm_success.earning_rule, {
	doctypes: ({ doc }) => (doc.event.startsWith("Invoice") ? ["Sales Invoice", "POS Invoice"] : [doc.document_type].filter(Boolean)),

	choose(frm) {
		const doctypes = crm_success.earning_rule.doctypes(frm);
		if (!doctypes.length) return frappe.msgprint(__("Choose the document type first."));
		const dialog = new frappe.ui.Dialog({
			title: __("Try It"),
			fields: [
				{
					fieldname: "document_type",
					fieldtype: "Link",
					options: "DocType",
					label: __("Document Type"),
					default: doctypes[0],
					reqd: 1,
					read_only: doctypes.length === 1,
					get_query: () => ({ filters: { name: ["in", doctypes] } }),
				},
				{ fieldname: "document", fieldtype: "Dynamic Link", options: "document_type", label: __("Document"), reqd: 1 },
				{ fieldname: "outcome", fieldtype: "HTML" },
			],
			primary_action_label: __("Try It"),
			primary_action: (values) => crm_success.earning_rule.ask(frm, dialog, values),
		});
		dialog.show();
	},

	async ask(frm, dialog, { document_type, document }) {
		const { message } = await frappe.call({
			method: "crm_success.customer_loyalty.api.earning_rule_form.try_rule",
			type: "POST",
			args: { rule: frm.doc, document_type, document },
		});
		const $lines = message.lines.map((line) => $("<li>").text(line));
		dialog.get_field("outcome").$wrapper.empty().append($("<ul class='mb-0' role='status'>").append($lines));
	},
});
