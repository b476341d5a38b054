// A button that fills an Email Group with the addresses of the audience's members.

frappe.provide("crm_success.audience_recipients");

Object.assign(crm_success.audience_recipients, {
	add_button(frm) {
		if (frm.is_new() || !frappe.model.can_read("Contact") || !frappe.model.can_write("Email Group")) return;
		frm.add_custom_button(
			__("Fill Email Group"),
			() => crm_success.audience_recipients.ask(frm.doc.name),
			__("Use")
		);
	},

	ask(audience) {
		const dialog = new frappe.ui.Dialog({
			title: __("Fill Email Group"),
			fields: crm_success.audience_recipients.fields(),
			primary_action_label: __("Fill"),
			async primary_action(values) {
				dialog.hide();
				crm_success.audience_recipients.tell(await crm_success.audience_recipients.fill(audience, values));
			},
		});
		dialog.show();
	},

	fields: () => [
		{
			fieldname: "email_group",
			label: __("Email Group"),
			fieldtype: "Link",
			options: "Email Group",
			description: __("Empty: the group with the name of the audience, which is made where there is none"),
		},
		{
			fieldname: "contacts",
			label: __("Contacts"),
			fieldtype: "Select",
			options: [
				{ value: "Primary Contact", label: __("Primary Contact") },
				{ value: "All Contacts", label: __("All Contacts") },
			],
			default: "Primary Contact",
			reqd: 1,
			description: __(
				"Whoever unsubscribed is left out. Who left the audience is taken out again; what people added to the group by hand stays."
			),
		},
	],

	fill(audience, { email_group, contacts }) {
		const method = "crm_success.audiences.api.audience_recipients.fill";
		return frappe.xcall(method, { audience, email_group, contacts });
	},

	tell({ email_group, sentences, is_done }) {
		const paragraphs = sentences.map((sentence) => `<p>${sentence}</p>`).join("");
		const route = frappe.utils.get_form_link("Email Group", email_group);
		const link = `<a href="${frappe.utils.escape_html(route)}">${__("Open the Email Group")}</a>`;
		// version 16 has newsletters only with an app of its own
		const may_write_letters = is_done && frappe.model.can_create("Newsletter");
		frappe.msgprint({
			title: __("Fill Email Group"),
			message: paragraphs + link,
			indicator: is_done ? "green" : "blue",
			primary_action: may_write_letters && crm_success.audience_recipients.newsletter_to(email_group),
		});
	},

	newsletter_to: (email_group) => ({
		label: __("New Newsletter"),
		action() {
			frappe.hide_msgprint();
			frappe.new_doc("Newsletter", {}, (doc) => {
				frappe.model.add_child(doc, "Newsletter Email Group", "email_group").email_group = email_group;
			});
		},
	}),
});

frappe.ui.form.on("Customer Audience", {
	refresh: (frm) => crm_success.audience_recipients.add_button(frm),
});
