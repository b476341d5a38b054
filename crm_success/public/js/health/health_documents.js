// The documents behind one metric's value, or the metrics of a formula, in a dialog.

frappe.provide("crm_success.customer_health.documents");

Object.assign(crm_success.customer_health.documents, {
	show(frm, part, picture) {
		const opener = document.activeElement;
		frappe.call({
			method: "crm_success.scoring.api.health_form.metric_documents",
			args: { customer: frm.doc.customer, metric: part.metric },
			type: "GET",
			freeze: true,
			callback({ message }) {
				if (message) crm_success.customer_health.documents.open(part, message, picture, opener);
			},
		});
	},

	open(part, answer, { currency, as_of }, opener) {
		const { formula, list } = crm_success.customer_health.documents;
		const dialog = new frappe.ui.Dialog({
			title: frappe.utils.escape_html(__(part.label, null, "Health Metric")),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "evidence" }],
		});
		const value = crm_success.customer_health.parts.value_words(part, currency);
		const head = __("{0} as of {1}", [value, frappe.datetime.str_to_user(as_of)]);
		const evidence = answer.metrics ? formula(answer.metrics, currency) : list(answer, currency);
		dialog.get_field("evidence").$wrapper.append($("<p>").text(head), evidence);
		// whoever came by keyboard goes on where they were
		dialog.$wrapper.one("hidden.bs.modal", () => {
			// version 16 gives it back itself, and by now the reader may be elsewhere
			const is_lost = document.activeElement === document.body || dialog.$wrapper[0].contains(document.activeElement);
			if (is_lost) opener?.focus();
		});
		dialog.show();
	},

	formula(metrics, currency) {
		const rows = metrics.map((metric) => [
			$("<span>").text(__(metric.label, null, "Health Metric")),
			$("<span>").text(crm_success.customer_health.parts.value_words(metric, currency)),
		]);
		return crm_success.customer_health.documents.table([__("Metric"), __("Value")], rows);
	},

	list(answer, currency) {
		const { documents } = answer;
		const $list = $("<div>");
		if (documents.length) $list.append(crm_success.customer_health.documents.rows(answer, currency));
		const notes = crm_success.customer_health.documents.notes(answer);
		return $list.append(notes.map((note) => $("<p class='text-muted small'>").text(note)));
	},

	rows({ doctype, documents, unit, may_read }, currency) {
		const { link_to, table } = crm_success.customer_health.documents;
		const named = (row) => (may_read ? link_to(row) : $("<span>").text(row.name));
		const has_values = documents.some(({ value }) => value !== null && value !== undefined);
		const titles = [__("Date"), __(doctype), ...(has_values ? [__("Value")] : [])];
		const rows = documents.map((row) => [
			$("<span>").text(row.date ? frappe.datetime.str_to_user(row.date, false, true) : ""),
			$("<span>").append(named(row), " ", $("<span class='text-muted'>").text(row.title)),
			...(has_values
				? [$("<span>").text(crm_success.customer_health.value_text(row.value, unit, currency))]
				: []),
		]);
		return table(titles, rows);
	},

	notes({ doctype, documents, hidden, more, may_read }) {
		const notes = [];
		if (!may_read && documents.length) {
			const words = __("You may not open them: ask a System Manager for the right to read {0}.", [__(doctype)]);
			notes.push(words);
		}
		if (!documents.length && !hidden) notes.push(__("There are no documents behind this value."));
		if (more) notes.push(__("Only the newest {0} are listed.", [documents.length]));
		if (hidden) {
			notes.push(
				__("{0} documents are left out, because you may not read them. Ask a System Manager which limits you have.", [
					hidden,
				])
			);
		}
		return notes;
	},

	table(titles, rows) {
		const align = (position) => (position === titles.length - 1 && position > 0 ? "text-right" : "");
		const heads = titles.map((title, position) => $("<th scope='col'>").addClass(align(position)).text(title));
		const body = rows.map((row) =>
			$("<tr>").append(row.map(($cell, position) => $("<td>").addClass(align(position)).append($cell)))
		);
		const $table = $("<table class='table table-sm health-documents'>");
		return $table.append($("<thead>").append($("<tr>").append(heads)), $("<tbody>").append(body));
	},

	link_to({ doctype, name }) {
		const url = frappe.utils.get_form_link(doctype, name);
		return $("<a target='_blank' rel='noopener'>").attr("href", url).text(name);
	},
});
