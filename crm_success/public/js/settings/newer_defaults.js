// The banner of the settings that offers newer defaults, and what its buttons do. Saves no scorecard.

frappe.provide("crm_success.newer_defaults");

Object.assign(crm_success.newer_defaults, {
	API: "crm_success.scoring.api.settings_form.",

	async show(frm) {
		if (!frm.perm[0]?.write) return;
		const { API, banner } = crm_success.newer_defaults;
		const { message: offer } = await frappe.call({ method: `${API}get_newer_defaults`, type: "GET" });
		$(frm.layout.wrapper).find(".newer-defaults").remove();
		if (offer) $(frm.layout.wrapper).prepend(banner(frm, offer));
	},

	banner(frm, offer) {
		const { buttons, sentences } = crm_success.newer_defaults;
		return $("<div class='newer-defaults form-message blue' role='status'>").append(
			sentences(offer).map((sentence) => $("<p class='mb-1'>").text(sentence)),
			$("<div class='mt-2'>").append(buttons(frm, offer))
		);
	},

	sentences({ metrics, scorecard }) {
		const about = [
			__(
				"Newer defaults are available: chosen by back-test, they tell better than older ones which customers will buy nothing next."
			),
			__("Nothing changes unless you take them over."),
		];
		if (metrics.length && scorecard) about.push(__("Begin with the metrics: the new weights count on them."));
		return about;
	},

	buttons(frm, { metrics, scorecard }) {
		const { ask_for_metrics, button, enter_weights, refuse } = crm_success.newer_defaults;
		return [
			metrics.length && button(__("Metrics ({0})", [metrics.length]), () => ask_for_metrics(frm, metrics)),
			scorecard && button(__("New Weights"), () => enter_weights(scorecard)),
			button(__("Not Now"), () => refuse(frm)),
		].filter(Boolean);
	},

	button: (label, act) => $("<button class='btn btn-xs btn-default mr-2'>").text(label).on("click", act),

	ask_for_metrics(frm, metrics) {
		const { choices, take_over } = crm_success.newer_defaults;
		const dialog = new frappe.ui.Dialog({
			title: __("Metrics with Newer Defaults"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "metrics" }],
			primary_action_label: __("Take Over"),
			primary_action() {
				const chosen = dialog.$wrapper.find("input:checked").toArray();
				dialog.hide();
				take_over(frm, chosen.map((box) => box.value));
			},
		});
		dialog.get_field("metrics").$wrapper.append(choices(metrics));
		dialog.show();
	},

	// What somebody has edited is not chosen before somebody says so
	choices(metrics) {
		const { choice } = crm_success.newer_defaults;
		const titles = ["", __("Metric"), __("Field"), __("Now"), __("New")];
		const $head = $("<tr>").append(titles.map((title) => $("<th scope='col'>").text(title)));
		return $("<table class='table table-bordered table-sm'>").append(
			$("<caption>").css("caption-side", "top").text(__("Those that somebody here has changed are not ticked.")),
			$("<thead>").append($head),
			$("<tbody>").append(metrics.flatMap(choice))
		);
	},

	choice({ key, metric, is_missing, is_edited, fields }) {
		const name = __(metric, null, "Health Metric");
		const $box = $("<input type='checkbox'>").val(key).prop("checked", !is_edited).attr("aria-label", name);
		const rows = is_missing ? [{ label: "", now: __("not there"), new: __("will be made") }] : fields;
		return rows.map((row, at) =>
			$("<tr>").append(
				$("<td>").append(at ? "" : $box),
				$("<td>").text(at ? "" : name),
				[row.label, row.now, row.new].map((text) => $("<td>").text(text))
			)
		);
	},

	async take_over(frm, keys) {
		const { API, show } = crm_success.newer_defaults;
		if (!keys.length) return;
		await frappe.call({ method: `${API}take_over_metrics`, type: "POST", args: { keys }, freeze: true });
		frappe.show_alert({ message: __("Taken over. Scores follow with the next run."), indicator: "green" });
		show(frm);
	},

	// The form enters them when it opens: What Would Change works on them, and only saving takes them
	enter_weights({ name, dimensions, metrics, caps, healthy_from, watch_from }) {
		const sentences = [__("The new weights are entered and not saved. See What Would Change, then save.")];
		const tables = { dimensions, metrics, caps };
		crm_success.waiting_weights = { scorecard: name, tables, healthy_from, watch_from, sentences };
		frappe.set_route("Form", "Health Scorecard", name);
	},

	async refuse(frm) {
		const { API } = crm_success.newer_defaults;
		await frappe.call({ method: `${API}not_now`, type: "POST" });
		$(frm.layout.wrapper).find(".newer-defaults").remove();
	},
});
