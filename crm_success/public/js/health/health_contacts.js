// The people at a customer, and how to reach them. Asks nothing.

frappe.provide("crm_success.customer_health.contacts");

Object.assign(crm_success.customer_health.contacts, {
	draw($place, { contacts }) {
		const { rows, more, may_open } = contacts;
		const { row } = crm_success.customer_health.contacts;
		const { table } = crm_success.customer_health.documents;
		$place.empty();
		if (!rows.length) {
			$place.append($("<p class='text-muted'>").text(__("No contact is kept for this customer.")));
			return;
		}
		const titles = [__("Name"), __("Designation"), __("Email"), __("Phone")];
		const $table = table(titles, rows.map((contact) => row(contact, may_open)));
		$place.append($table.addClass("health-contacts"));
		if (more) $place.append($("<p class='text-muted small'>").text(__("Only the first {0} are listed.", [rows.length])));
	},

	row({ name, full_name, designation, email, phone }, may_open) {
		const { link } = crm_success.customer_health.contacts;
		const words = (text) => $("<span>").text(text);
		return [
			may_open ? link(frappe.utils.get_form_link("Contact", name), full_name) : words(full_name),
			words(designation),
			email ? link(`mailto:${encodeURI(email)}`, email) : words(""),
			phone ? link(`tel:${phone.replace(/[^+\d]/g, "")}`, phone) : words(""),
		];
	},

	link(url, text) {
		return $("<a>").attr("href", url).text(text);
	},
});
