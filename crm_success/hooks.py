import frappe

from crm_success.setup.log_days import LOG_DAYS as _LOG_DAYS

app_name = "crm_success"
app_title = "CRM Success"
app_publisher = "CRM Success contributors"
app_description = (
	"Customer health scores, segments and lifecycle stages from the documents that ERPNext already keeps"
)
app_license = "gpl-3.0"
# with its owner: a bare name makes the installer ask GitHub who owns it, which fails without internet
required_apps = ["frappe/erpnext"]

# version 16 moved the desk; in 15 a route elsewhere would make everybody choose an app after each login
_DESK = "app" if frappe.__version__.startswith("15.") else "desk"
# no app_logo_url: with a third one, version 15 shows Frappe's own logo in place of ERPNext's
add_to_apps_screen = [
	{
		"name": app_name,
		"logo": "/assets/crm_success/images/crm-success-logo.svg",
		"title": app_title,
		"route": f"/{_DESK}/crm-success",
		"has_permission": "crm_success.permissions.may_open_app",
	}
]

after_install = "crm_success.install.after_install"
after_migrate = "crm_success.install.after_migrate"
before_uninstall = "crm_success.uninstall.before_uninstall"
after_uninstall = "crm_success.uninstall.after_uninstall"

doctype_js = {
	"CRM Success Settings": "public/js/settings/newer_defaults.js",
	"Customer": [
		"public/js/shared/coverage.js",
		"public/js/customer/customer.js",
		"public/js/tier/tier_panel.js",
		"public/js/points/points_panel.js",
		"public/js/referral/customer_referrals.js",
	],
	"Customer Health": [
		"public/js/shared/health_values.js",
		"public/js/health/health_gauge.js",
		"public/js/health/health_parts.js",
		"public/js/shared/line_of_days.js",
		"public/js/health/health_history.js",
		"public/js/health/health_documents.js",
		"public/js/health/health_contacts.js",
	],
	"Customer Audience": [
		"public/js/shared/record_title.js",
		"public/js/shared/filter_editor.js",
		"public/js/audience/audience_conditions.js",
		"public/js/audience/audience_preview.js",
		"public/js/shared/line_of_days.js",
		"public/js/audience/audience_members.js",
		"public/js/audience/audience_picker.js",
		"public/js/audience/audience_number_card.js",
		"public/js/audience/audience_recipients.js",
	],
	"Customer Segment": "public/js/shared/record_title.js",
	"Customer Loyalty Settings": [
		"public/js/tier/policy_words.js",
		"public/js/tier/policy_status.js",
		"public/js/tier/tier_changes_preview.js",
	],
	"Customer Tier": [
		"public/js/shared/record_title.js",
		"public/js/tier/tier_requirements.js",
		"public/js/tier/tier_holders.js",
		"public/js/tier/tier_changes_preview.js",
		"public/js/tier/tier_rules.js",
	],
	"Loyalty Earning Rule": "public/js/shared/filter_editor.js",
	"Loyalty Backfill": "public/js/shared/run_progress.js",
	"Loyalty Switch Over": "public/js/shared/run_progress.js",
	**dict.fromkeys(
		("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice", "Issue"),
		"public/js/tier/document_tier.js",
	),
	"Score Back-test": [
		"public/js/shared/run_progress.js",
		"public/js/shared/bands.js",
		"public/js/back_test/back_test_bars.js",
		"public/js/back_test/back_test_risks.js",
		"public/js/back_test/back_test_picture.js",
		"public/js/back_test/suggested_weights.js",
	],
	"Health Dimension": "public/js/shared/record_title.js",
	"Health Metric": [
		"public/js/shared/record_title.js",
		"public/js/shared/filter_editor.js",
		"public/js/shared/health_values.js",
		"public/js/metric/metric_scale.js",
		"public/js/metric/metric_axis.js",
		"public/js/metric/metric_words.js",
		"public/js/metric/metric_histogram.js",
	],
	"Health Scorecard": [
		"public/js/shared/record_title.js",
		"public/js/shared/filter_editor.js",
		"public/js/shared/health_values.js",
		"public/js/scorecard/scorecard_weights.js",
		"public/js/scorecard/scorecard_shares.js",
		"public/js/scorecard/scorecard_changes.js",
		"public/js/scorecard/entered_weights.js",
	],
}

doctype_list_js = {
	# for forms too: Frappe runs what belongs to a list whenever it loads the DocType
	"Customer": [
		"public/js/shared/bands.js",
		"public/js/audience/audience_names.js",
		"public/js/audience/audience_filter.js",
		"public/js/audience/add_to_audience.js",
		"public/js/audience/save_as_audience.js",
		"public/js/audience/audience_list.js",
		"public/js/tier/tier_names.js",
		"public/js/customer/customer_list.js",
	],
	"Customer Health": [
		"public/js/shared/bands.js",
		"public/js/shared/coverage.js",
		"public/js/audience/audience_names.js",
		"public/js/audience/audience_filter.js",
		"public/js/audience/add_to_audience.js",
		"public/js/audience/save_as_audience.js",
		"public/js/audience/audience_list.js",
		"public/js/shared/plain_texts.js",
	],
	"Customer Health Snapshot": [
		"public/js/shared/bands.js",
		"public/js/shared/coverage.js",
		"public/js/shared/plain_texts.js",
	],
	"Health Metric": ["public/js/shared/dimension_names.js", "public/js/shared/plain_texts.js"],
	"Health Scorecard": [
		"public/js/shared/dimension_names.js",
		"public/js/shared/bands.js",
		"public/js/shared/plain_texts.js",
	],
	"CRM Success Settings": "public/js/shared/plain_texts.js",
	"Customer Audience": "public/js/shared/plain_texts.js",
	"Customer Audience Member": "public/js/shared/plain_texts.js",
	"Customer Loyalty Settings": ["public/js/tier/tier_names.js", "public/js/shared/plain_texts.js"],
	"Customer Segment": "public/js/shared/plain_texts.js",
	"Customer Tier": ["public/js/tier/tier_names.js", "public/js/shared/plain_texts.js"],
	"Customer Tier Change": [
		"public/js/tier/tier_names.js",
		"public/js/tier/tier_decisions.js",
		"public/js/shared/plain_texts.js",
	],
	"Customer Tier Standing": ["public/js/tier/tier_names.js", "public/js/shared/plain_texts.js"],
	"Customer Loyalty Account": "public/js/shared/plain_texts.js",
	"Customer Referral": "public/js/shared/plain_texts.js",
	"Loyalty Adjustment": "public/js/shared/plain_texts.js",
	"Loyalty Backfill": "public/js/shared/plain_texts.js",
	"Loyalty Due Document": "public/js/shared/plain_texts.js",
	"Loyalty Earning Rule": "public/js/shared/plain_texts.js",
	"Loyalty Ledger Entry": "public/js/shared/plain_texts.js",
	"Loyalty Switch Over": "public/js/shared/plain_texts.js",
	"Health Dimension": "public/js/shared/plain_texts.js",
	"Score Back-test": ["public/js/back_test/back_test_start.js", "public/js/shared/plain_texts.js"],
	"Score Back-test Part": "public/js/shared/plain_texts.js",
	"Score Calibration": "public/js/shared/plain_texts.js",
	"Work Batch": "public/js/shared/plain_texts.js",
	"Work Run": "public/js/shared/plain_texts.js",
}
# link fields find these by their translated names
standard_queries = dict.fromkeys(
	("Customer Audience", "Customer Segment", "Customer Tier", "Health Dimension", "Health Metric"),
	"crm_success.scoring.api.name_search.search_names",
)
override_doctype_dashboards = {"Customer": "crm_success.doc_events.customer_dashboard.get_data"}

_SALES_DOCUMENTS = ("Quotation", "Sales Order", "Delivery Note", "Sales Invoice", "POS Invoice")
_RULES_OF_TIERS = ("Pricing Rule", "Service Level Agreement")
doc_events = {
	**{
		doctype: {
			"before_validate": "crm_success.doc_events.sales_document.keep_tier",
			# no event of Frappe's, but a method of documents, after which hooks run as after any other
			"process_item_selection": "crm_success.doc_events.sales_document.price_item",
		}
		for doctype in _SALES_DOCUMENTS
	},
	**{doctype: {"on_trash": "crm_success.doc_events.tier_rule.forget"} for doctype in _RULES_OF_TIERS},
	"Customer": {
		"validate": [
			"crm_success.doc_events.customer.keep_health",
			"crm_success.doc_events.customer_tiers.keep_tier",
		],
		"on_update": [
			"crm_success.doc_events.customer.keep_health_saved",
			"crm_success.doc_events.customer_tiers.keep_tier_saved",
			"crm_success.doc_events.customer_points.keep_name_saved",
		],
		# memberships before health, as passes write them: else one could wait for the other
		"before_rename": [
			"crm_success.doc_events.customer_audiences.make_room_for_memberships",
			"crm_success.doc_events.customer_audiences.clear_memberships",
			"crm_success.doc_events.customer_tiers.make_room_for_tier",
			"crm_success.doc_events.customer_tiers.clear_tier",
			"crm_success.doc_events.customer_points.make_room_for_points",
			"crm_success.doc_events.customer_points.clear_points",
			"crm_success.doc_events.customer_referrals.make_room_for_referrals",
			"crm_success.doc_events.customer_referrals.clear_referrals",
			"crm_success.doc_events.customer.make_room_for_merge",
			"crm_success.doc_events.customer.clear_the_way",
		],
		"after_rename": [
			"crm_success.doc_events.customer.rename_health",
			"crm_success.doc_events.customer_audiences.show_memberships",
			"crm_success.doc_events.customer_tiers.show_tier",
			"crm_success.doc_events.customer_points.show_points",
			"crm_success.doc_events.customer_referrals.show_referrals",
		],
		"on_trash": [
			"crm_success.doc_events.customer_audiences.delete_memberships",
			"crm_success.doc_events.customer_tiers.delete_tier",
			"crm_success.doc_events.customer_referrals.delete_referrals",
			"crm_success.doc_events.customer_points.close_points",
			"crm_success.doc_events.customer.delete_health",
		],
	},
	"Loyalty Program": {"before_validate": "crm_success.doc_events.loyalty_program.keep_ended"},
	"Issue": {
		"validate": "crm_success.doc_events.issue.keep_tier",
		"before_save": "crm_success.doc_events.issue.keep_closing",
		"on_change": "crm_success.doc_events.issue.keep_closing_unsaved",
	},
	# after each save, where a value is set without one, and before a document is deleted
	"*": {"on_change": "crm_success.watching.watchers.tell_watchers"},
}

scheduler_events = {
	"cron": {
		"0 * * * *": ["crm_success.scoring.runs.customer_scoring.dispatch_scoring_run"],
		"*/5 * * * *": [
			"crm_success.scoring.runs.customer_scoring.rescore_stale_customers",
			"crm_success.batches.reaper.requeue_expired_batches",
			"crm_success.audiences.evaluation.evaluate_if_due",
			"crm_success.customer_loyalty.tiers.tier_evaluation.evaluate_tiers_if_due",
			"crm_success.customer_loyalty.referrals.due_referrals.convert_due_referrals",
			"crm_success.customer_loyalty.earning.due_earning.earn_due_documents",
		],
	},
	"daily": [
		"crm_success.scoring.runs.customer_scoring.end_overrides",
		"crm_success.customer_loyalty.points.points_night.start_points_night",
	],
}

# a hook of ours, for other apps too: what is done in leased batches
crm_success_work_kinds = {
	"Scoring": "crm_success.scoring.runs.scoring_work.ScoringWork",
	"Audiences": "crm_success.audiences.audience_pass.AudiencePass",
	"Back-test": "crm_success.scoring.backtest.back_test_work.BackTestWork",
	"Tier Review": "crm_success.customer_loyalty.tiers.tier_review.TierReview",
	"Points": "crm_success.customer_loyalty.points.points_night.PointsNight",
	"Points Backfill": "crm_success.customer_loyalty.earning.backfill.PointsBackfill",
	"Switch Over": "crm_success.customer_loyalty.switching.switch_over_work.SwitchOverWork",
}
# and what follows when such work has ended
crm_success_work_ended = {
	"Scoring": [
		"crm_success.audiences.evaluation.evaluate_after",
		"crm_success.customer_loyalty.tiers.tier_evaluation.evaluate_after",
	],
	"Audiences": [
		# an audience that was saved meanwhile
		"crm_success.audiences.evaluation.evaluate_after",
		"crm_success.customer_loyalty.tiers.tier_evaluation.evaluate_after",
	],
	# an audience that filters by the tier
	"Tier Review": "crm_success.audiences.evaluation.evaluate_after",
}
# and who is told that somebody has stopped it
crm_success_work_cancelled = {
	"Back-test": "crm_success.scoring.backtest.back_test_records.cancel_back_test",
	"Points Backfill": "crm_success.customer_loyalty.earning.backfill_records.cancel_backfill",
	"Switch Over": "crm_success.customer_loyalty.switching.switch_overs.interrupt",
}

# hooks of ours, for other apps too: what parts add to what people see of a customer
customer_timeline = ["crm_success.customer_loyalty.tiers.tier_views.timeline_entries"]
customer_call_list = ["crm_success.customer_loyalty.tiers.tier_views.reasons_to_call"]

# a hook of ours, for other apps too: fields of Customer that are made of audiences, which must not look at them
crm_success_made_of_audiences = dict.fromkeys(
	("customer_tier", "tier_since"), "crm_success.customer_loyalty.tiers.tier_circles.audiences_of_tiers"
)

# a hook of ours, for other apps too: who is told of documents that change, and of which
crm_success_watchers = {
	"Scores": {
		"watched": "crm_success.scoring.scored_documents.watched_doctypes",
		"changed": "crm_success.scoring.scored_documents.mark_customers_of",
		"written": "crm_success.scoring.scored_documents.mark_customers",
		# they note names, and the mark is made after the commit
		"writes": "nothing",
	},
	"Points": {
		"watched": "crm_success.customer_loyalty.earning.due_documents.watched_doctypes",
		"changed": "crm_success.customer_loyalty.earning.due_documents.note_document",
		"written": "crm_success.customer_loyalty.earning.due_documents.note_documents",
		"writes": "nothing",
	},
	"Referrals": {
		"watched": "crm_success.customer_loyalty.referrals.due_referrals.watched_doctypes",
		"changed": "crm_success.customer_loyalty.referrals.due_referrals.note_document",
		"written": "crm_success.customer_loyalty.referrals.due_referrals.note_documents",
		"writes": "nothing",
	},
}

# scores follow their customer: they never keep it, or a definition, from being deleted
ignore_links_on_delete = [
	"Customer Health",
	"Customer Health Snapshot",
	"Customer Audience Member",
	"Customer Audience Recipient",
	# a tier that somebody has or may get is refused by its own controller
	"Customer Tier Standing",
	"Customer Tier Change",
	# entries say what was, also of what is gone
	"Loyalty Ledger Entry",
	"Customer Loyalty Account",
	"Loyalty Due Document",
	# go with their customers, and are open again without their invoice
	"Customer Referral",
	# a program that is gone is not set as it was
	"Loyalty Switch Over",
	"Loyalty Switch Over Program",
]

# deleting the transactions of a company leaves these: a balance, which is of all companies, is the sum of what they say
company_data_to_be_ignored = [
	"Loyalty Adjustment",
	"Loyalty Earning Rule",
	"Loyalty Ledger Entry",
	"Loyalty Switch Over",
]

default_log_clearing_doctypes = _LOG_DAYS

_OF_EVERYBODY = (
	*("Work Run", "Work Batch", "Score Calibration", "Score Back-test", "Score Back-test Part"),
	*("Loyalty Due Document", "Loyalty Backfill", "Loyalty Switch Over"),
)
_OF_A_CUSTOMER = (
	*("Customer Health", "Customer Health Snapshot"),
	*("Loyalty Ledger Entry", "Customer Loyalty Account", "Loyalty Adjustment"),
)
# made of anything that a health says
_OF_A_HEALTH = ("Customer Audience Member", "Customer Tier Standing", "Customer Tier Change")
permission_query_conditions = {
	**dict.fromkeys(_OF_A_CUSTOMER, "crm_success.permissions.conditions_for_customers"),
	"Customer Referral": "crm_success.permissions.conditions_for_referrals",
	**dict.fromkeys(_OF_A_HEALTH, "crm_success.permissions.conditions_for_members"),
	# a table's rows can be listed without their parents
	**dict.fromkeys(
		(
			*(*_OF_EVERYBODY, "Work Run Message", "Score Back-test Date", "Score Back-test Suggestion"),
			"Loyalty Backfill Reason",
		),
		"crm_success.permissions.conditions_for_everybody",
	),
}
has_permission = {
	**dict.fromkeys(_OF_A_CUSTOMER, "crm_success.permissions.has_customer_permission"),
	"Customer Referral": "crm_success.permissions.has_referral_permission",
	**dict.fromkeys(_OF_A_HEALTH, "crm_success.permissions.has_member_permission"),
	**dict.fromkeys(_OF_EVERYBODY, "crm_success.permissions.has_everybody_permission"),
	"Customer Audience": "crm_success.permissions.has_audience_permission",
}
