// The form of a Work Run: how far it is, live, and what can be done about it.

frappe.provide("crm_success.work_run");

crm_success.work_run.ACTIVE = ["Queued", "Preparing", "Running"];
crm_success.work_run.LIVE_FIELDS = [
	"status",
	"percent_done",
	"rate",
	"remaining_seconds",
	"customers_total",
	"customers_done",
	"customers_scored",
	"customers_without_score",
	"customers_skipped",
	"customers_entered",
	"customers_left",
	"customers_raised",
	"customers_lowered",
	"customers_proposed",
	"documents_earned",
	"points_given",
	"batches_total",
	"batches_done",
	"batches_failed",
];
// events may be lost, or the socket server not running: look now and then
crm_success.work_run.POLL_MILLISECONDS = 5000;

frappe.ui.form.on("Work Run", {
	onload(frm) {
		crm_success.work_run.listen(frm);
	},

	refresh(frm) {
		frm.disable_save();
		crm_success.work_run.add_buttons(frm);
		crm_success.work_run.show_progress(frm);
		crm_success.work_run.poll(frm);
	},

	on_hide(frm) {
		clearTimeout(frm.crm_success_poll);
	},
});

crm_success.work_run.is_active = (frm) => crm_success.work_run.ACTIVE.includes(frm.doc.status);

crm_success.work_run.listen = function (frm) {
	if (frm.crm_success_listener) return;
	frm.crm_success_listener = (data) => {
		if (data.run === frm.doc.name) crm_success.work_run.update(frm, data);
	};
	frappe.realtime.on("crm_success_work_progress", frm.crm_success_listener);
};

crm_success.work_run.poll = function (frm) {
	clearTimeout(frm.crm_success_poll);
	if (!crm_success.work_run.is_active(frm)) return;
	const again = () => crm_success.work_run.poll(frm);
	frm.crm_success_poll = setTimeout(() => {
		if (!frm.page.wrapper.is(":visible")) return;
		crm_success.work_run.ask_progress(frm).then(again, again);
	}, crm_success.work_run.POLL_MILLISECONDS);
};

crm_success.work_run.ask_progress = async function (frm) {
	const name = frm.doc.name;
	const { message } = await frappe.db.get_value("Work Run", name, crm_success.work_run.LIVE_FIELDS);
	if (message && frm.doc.name === name) crm_success.work_run.update(frm, message);
};

crm_success.work_run.update = function (frm, data) {
	const status_before = frm.doc.status;
	crm_success.work_run.LIVE_FIELDS.filter((fieldname) => fieldname in data).forEach((fieldname) => {
		frm.doc[fieldname] = data[fieldname];
		frm.refresh_field(fieldname);
	});
	if (frm.doc.status !== status_before) {
		// more than the live fields changes then: times, calibration, messages
		frm.reload_doc();
	} else {
		crm_success.work_run.show_progress(frm);
	}
};

crm_success.work_run.show_progress = function (frm) {
	if (!crm_success.work_run.is_active(frm)) return;
	const { percent_done, customers_total, customers_done, rate, remaining_seconds } = frm.doc;
	const counted = [customers_done, customers_total].map((count) => format_number(count, null, 0));
	const parts = [__("{0} of {1} customers", counted)];
	if (rate) parts.push(__("{0} a second", [format_number(rate, null, 0)]));
	if (remaining_seconds) parts.push(__("{0} left", [frappe.utils.get_formatted_duration(remaining_seconds)]));
	frm.dashboard.show_progress(__(frm.doc.kind), percent_done || 0, parts.join(", "));
};

crm_success.work_run.add_buttons = function (frm) {
	if (!frappe.boot.user.in_create.includes("Work Run")) return;
	if (crm_success.work_run.is_active(frm)) {
		frm.add_custom_button(__("Cancel Run"), () => crm_success.work_run.cancel(frm));
	} else if (frm.doc.status === "Failed" && frm.doc.batches_failed) {
		frm.add_custom_button(__("Retry Failed Batches"), () => crm_success.work_run.call(frm, "retry_failed"));
	}
};

crm_success.work_run.cancel = function (frm) {
	frappe.confirm(__("Stop this run? What it has done so far stays."), () =>
		crm_success.work_run.call(frm, "cancel_run")
	);
};

crm_success.work_run.call = function (frm, method) {
	frappe.call({
		method: `crm_success.batches.api.${method}`,
		args: { run: frm.doc.name },
		type: "POST",
		freeze: true,
		callback: () => frm.reload_doc(),
	});
};
