// The form of a Score Back-test: how far it is, then what was found.

frappe.provide("crm_success.score_back_test");

frappe.ui.form.on("Score Back-test", {
	refresh(frm) {
		crm_success.run_progress.leave(frm);
		frm.disable_save();
		crm_success.score_back_test.add_buttons(frm);
		crm_success.score_back_test.show_progress(frm);
		crm_success.score_back_test.show_picture(frm);
		crm_success.score_back_test.show_suggestions(frm);
	},

	on_hide(frm) {
		crm_success.run_progress.leave(frm);
	},
});

crm_success.score_back_test.is_active = (frm) => ["Queued", "Running"].includes(frm.doc.status);

crm_success.score_back_test.add_buttons = function (frm) {
	if (!crm_success.back_test.start.is_allowed()) return;
	if (crm_success.score_back_test.is_active(frm)) {
		const question = __("Stop this back-test? It will have no figures.");
		frm.add_custom_button(__("Cancel Run"), () => crm_success.run_progress.cancel(frm, question));
	} else {
		frm.add_custom_button(__("Check Again"), () => crm_success.back_test.start.ask(frm.doc.horizon));
	}
};

crm_success.score_back_test.show_progress = function (frm) {
	if (frm.doc.status === "Failed") {
		frm.set_intro(__("The back-test failed: its run and the Error Log have the details."), "red");
	}
	if (!["Queued", "Running", "Failed"].includes(frm.doc.status)) return;
	crm_success.run_progress.show(frm, {
		title: __("Back-test"),
		preparing: __("Preparing the past dates"),
		is_at_work: crm_success.score_back_test.is_active(frm),
	});
};

crm_success.score_back_test.show_picture = function (frm) {
	const { name, status } = frm.doc;
	const place = (fieldname) => frm.get_field(fieldname).$wrapper;
	["verdict", "areas", "lapse_by_group", "calls", "told_risks"].forEach((fieldname) => place(fieldname).empty());
	if (status === "Cancelled") {
		const text = __("This back-test was cancelled and has no figures. Check again to start another one.");
		place("verdict").append($("<p class='back-test-sentence'>").text(text));
	}
	if (!["Completed", "Refused"].includes(status)) return;
	frappe.call({
		method: "crm_success.scoring.api.back_test_form.picture",
		args: { back_test: name },
		type: "GET",
		callback({ message }) {
			if (message && frm.doc.name === name) crm_success.back_test.picture.draw(place, message);
		},
	});
};

crm_success.score_back_test.show_suggestions = function (frm) {
	const { name, suggestions } = frm.doc;
	const { $wrapper } = frm.get_field("suggested_weights");
	$wrapper.empty();
	if (!(suggestions || []).length) return;
	frappe.call({
		method: "crm_success.scoring.api.suggested_weights_form.suggested_weights",
		args: { back_test: name },
		type: "GET",
		callback({ message }) {
			if (!message || frm.doc.name !== name) return;
			crm_success.suggested_weights.draw($wrapper, message, (scorecard) =>
				crm_success.score_back_test.see_what_would_change(frm, scorecard)
			);
		},
	});
};

crm_success.score_back_test.see_what_would_change = function (frm, scorecard) {
	frappe.call({
		method: "crm_success.scoring.api.suggested_weights_form.weights_to_enter",
		args: { back_test: frm.doc.name, scorecard },
		type: "POST",
		callback({ message }) {
			if (!message) return;
			// the form of the scorecard takes them up
			const told = __(
				"Weights and bands that a back-test suggests are entered here and not saved. Save them to apply them, or reload to keep what was."
			);
			crm_success.waiting_weights = { ...message, sentences: [told, ...message.notes] };
			frappe.set_route("Form", "Health Scorecard", message.scorecard);
		},
	});
};
