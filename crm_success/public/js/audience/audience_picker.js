// A dialog that puts customers into an audience by hand, or takes them out of it, several at once.

frappe.provide("crm_success.audience_picker");

Object.assign(crm_success.audience_picker, {
	API: "crm_success.audiences.api.audience_members",
	WAIT_MILLISECONDS: 300,

	KINDS: {
		add: {
			title: () => __("Add Customers"),
			label: () => __("Add"),
			inside: 0,
			done: ({ added }) => __("{0} customers added", [added]),
			none: () => __("No customer found that is not in this audience yet."),
		},
		remove: {
			title: () => __("Remove Customers"),
			label: () => __("Remove"),
			inside: 1,
			done: ({ removed }) => __("{0} customers removed", [removed]),
			none: () => __("No customer found in this audience."),
		},
	},

	open(frm, kind) {
		const { KINDS, draw_chosen, find, find_soon, save } = crm_success.audience_picker;
		const picker = { frm, kind, ...KINDS[kind], chosen: new Map() };
		picker.dialog = new frappe.ui.Dialog({
			title: picker.title(),
			fields: [
				{ fieldtype: "Data", fieldname: "text", label: __("Search Customers"), input_class: "audience-picker-text" },
				{ fieldtype: "HTML", fieldname: "customers" },
			],
			primary_action_label: picker.label(),
			primary_action: () => save(picker),
		});
		picker.dialog.get_field("text").$input.on("input", () => find_soon(picker));
		picker.dialog.show();
		draw_chosen(picker);
		find(picker);
	},

	find_soon(picker) {
		const { find, WAIT_MILLISECONDS } = crm_success.audience_picker;
		clearTimeout(picker.timer);
		picker.timer = setTimeout(() => find(picker), WAIT_MILLISECONDS);
	},

	async find(picker) {
		const { API, draw } = crm_success.audience_picker;
		const text = (picker.text = picker.dialog.get_field("text").$input.val());
		const args = { audience: picker.frm.doc.name, text, inside: picker.inside };
		const { message } = await frappe.call({ method: `${API}.find_customers`, args, type: "GET" });
		if (message && picker.text === text) draw(picker, message);
	},

	draw(picker, { customers, more }) {
		const { line } = crm_success.audience_picker;
		const $place = picker.dialog.get_field("customers").$wrapper.empty();
		const $list = $("<div class='audience-picker-list'>").appendTo($place);
		// who was chosen by another search stays
		const found = new Set(customers.map(({ customer }) => customer));
		const others = [...picker.chosen.values()].filter(({ customer }) => !found.has(customer));
		[...others, ...customers].forEach((customer) => $list.append(line(picker, customer)));
		const none = others.length + customers.length ? "" : picker.none();
		const note = more ? __("There are more. Search for a part of the name.") : none;
		if (note) $("<p class='small text-muted'>").text(note).appendTo($place);
	},

	line(picker, customer) {
		const { chosen } = picker;
		const name = customer.customer;
		const $box = $("<input type='checkbox'>").prop("checked", chosen.has(name)).on("change", () => {
			if ($box.prop("checked")) chosen.set(name, customer);
			else chosen.delete(name);
			crm_success.audience_picker.draw_chosen(picker);
		});
		const $id = name === customer.customer_name ? "" : $("<span class='text-muted'>").text(name);
		return $("<label class='audience-picker-line'>").append($box, $("<span>").text(customer.customer_name), $id);
	},

	draw_chosen({ dialog, chosen, label }) {
		const words = chosen.size ? `${label()} (${format_number(chosen.size, null, 0)})` : label();
		dialog.get_primary_btn().text(words).prop("disabled", !chosen.size);
	},

	save(picker) {
		const { API } = crm_success.audience_picker;
		const { chosen, dialog, done, frm, kind } = picker;
		if (!chosen.size) return;
		frappe.call({
			method: `${API}.${kind}_customers`,
			args: { audience: frm.doc.name, customers: [...chosen.keys()] },
			type: "POST",
			freeze: true,
			callback({ message }) {
				if (!message) return;
				dialog.hide();
				frappe.show_alert({ message: done(message), indicator: "green" });
				crm_success.audience_members.show(frm);
			},
		});
	},
});
