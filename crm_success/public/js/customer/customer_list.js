// The list of customers: the health band, as a word with a colour, where ERPNext only says that a customer is enabled, and
// what audiences add.

frappe.provide("frappe.listview_settings");

(function () {
	const { COLORS, text } = crm_success.bands;
	const settings = (frappe.listview_settings["Customer"] ??= {});

	const band_indicator = function (doc) {
		if (doc.disabled || !COLORS[doc.health_band] || !frappe.model.can_read("Customer Health")) return;
		return [text(doc.health_band), COLORS[doc.health_band], `health_band,=,${doc.health_band}`];
	};

	const format_band = function (value) {
		if (!COLORS[value]) return "";
		const label = frappe.utils.escape_html(text(value));
		return `<span class="indicator-pill ${COLORS[value]} filterable ellipsis"
			data-filter="health_band,=,${value}"><span class="ellipsis">${label}</span></span>`;
	};

	// Frappe looks options up without a context, where "Lost" is a lost quotation
	const translated_stage = (value) => (value ? __(value, null, "Customer") : "");
	const stage_field = frappe.meta.get_docfield("Customer", "lifecycle_stage");
	if (stage_field) stage_field.formatter = translated_stage;

	const format_stage = function (value) {
		if (!value) return "";
		const filter = frappe.utils.escape_html(`lifecycle_stage,=,${value}`);
		const label = frappe.utils.escape_html(translated_stage(value));
		return `<a class="filterable ellipsis" data-filter="${filter}">${label}</a>`;
	};

	crm_success.audience_names.show_in("Customer", "customer_audiences");
	const { onload } = settings;
	settings.onload = function (listview) {
		onload?.(listview);
		crm_success.audience_list.set_up(listview, "customer_audiences");
	};

	settings.add_fields = [...(settings.add_fields || []), "health_band"];
	settings.formatters = {
		...settings.formatters,
		health_band: format_band,
		lifecycle_stage: format_stage,
		customer_audiences: crm_success.audience_names.in_one_line,
		customer_tier: crm_success.tier_names.as_filter("customer_tier"),
	};
	// an indicator that ERPNext or another app brings stays; the band is then a column to choose in List Settings
	settings.get_indicator ??= band_indicator;
})();
