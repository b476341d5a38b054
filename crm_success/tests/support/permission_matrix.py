"""Who may do what, typed by hand: roles, DocTypes, reports and endpoints. Asks nothing and checks nothing.

Read for everybody who works with customers; definitions and settings are written by those who own the scores;
scores are made by scoring alone; exports for managers.
"""

from dataclasses import dataclass, field

GUEST = "Guest"
# a person of the company whose work has nothing to do with customers
STRANGER = "Desk User"
SUCCESS_USER, SUCCESS_MANAGER = "Customer Success User", "Customer Success Manager"
SALES_USER, SALES_MANAGER = "Sales User", "Sales Manager"
ACCOUNTS_USER, ACCOUNTS_MANAGER = "Accounts User", "Accounts Manager"
SUPPORT, SYSTEM_MANAGER = "Support Team", "System Manager"

NOBODY_OF_OURS = (GUEST, STRANGER)
USERS = (SUCCESS_USER, SALES_USER, ACCOUNTS_USER, SUPPORT)
MANAGERS = (SALES_MANAGER, ACCOUNTS_MANAGER)
OWNERS = (SUCCESS_MANAGER, SYSTEM_MANAGER)
READERS = (*USERS, *MANAGERS, *OWNERS)
ROLES = (*NOBODY_OF_OURS, *READERS)

RIGHTS_THERE_ARE = ("read", "write", "create", "delete", "export", "report", "print", "import", "share")

Rights = dict[str, frozenset[str]]


def rights(users: str, managers: str, success_manager: str, system_manager: str) -> Rights:
	"""By role; guests and strangers have none."""
	by_role = {
		**dict.fromkeys(NOBODY_OF_OURS, ""),
		**dict.fromkeys(USERS, users),
		**dict.fromkeys(MANAGERS, managers),
		SUCCESS_MANAGER: success_manager,
		SYSTEM_MANAGER: system_manager,
	}
	return {role: frozenset(words.split()) for role, words in by_role.items()}


_LOOK = "read report print"
_TAKE_AWAY = "read report print export"
_ALL = "read report print export write create delete import share"
_DEFINITION = rights(_LOOK, _LOOK, _ALL, _ALL)
_ADD = "read report print create"
_SETTINGS = "read print write create share"
_STEPS = f"{_TAKE_AWAY} write create delete share"

# to write a Customer Health is to override its score, to write a Customer Tier Standing to protect a customer, to write a
# Customer Tier Change to approve or reject it; to create a Work Run or a Score Back-test is to start one
RIGHTS: dict[str, Rights] = {
	"Customer Health": rights(_LOOK, _TAKE_AWAY, f"{_TAKE_AWAY} write share", f"{_TAKE_AWAY} write share"),
	"Customer Health Snapshot": rights(_LOOK, _TAKE_AWAY, _TAKE_AWAY, f"{_TAKE_AWAY} delete"),
	"Customer Loyalty Account": rights(_LOOK, _TAKE_AWAY, _TAKE_AWAY, _TAKE_AWAY),
	"Loyalty Ledger Entry": rights(_LOOK, _TAKE_AWAY, _TAKE_AWAY, _TAKE_AWAY),
	"Loyalty Adjustment": rights(_LOOK, _TAKE_AWAY, _ALL, _ALL),
	"Customer Referral": {
		**rights(_LOOK, _TAKE_AWAY, _ALL, _ALL),
		SUCCESS_USER: frozenset(f"{_ADD} write".split()),
		SALES_USER: frozenset(f"{_ADD} write".split()),
		SALES_MANAGER: frozenset(_ALL.split()),
	},
	"Loyalty Backfill": rights(
		"", "", f"{_TAKE_AWAY} write create delete", f"{_TAKE_AWAY} write create delete"
	),
	"Loyalty Due Document": rights("", "", "", "read report export"),
	"Loyalty Switch Over": rights("", _TAKE_AWAY, _STEPS, _STEPS),
	"Loyalty Earning Rule": _DEFINITION,
	"Customer Segment": _DEFINITION,
	"Health Dimension": _DEFINITION,
	"Health Metric": _DEFINITION,
	"Health Scorecard": _DEFINITION,
	"CRM Success Settings": rights("", "", _SETTINGS, _SETTINGS),
	"Work Run": rights("", "", f"{_TAKE_AWAY} create delete", f"{_TAKE_AWAY} create delete"),
	"Work Batch": rights("", "", _TAKE_AWAY, f"{_TAKE_AWAY} delete"),
	"Score Calibration": rights("", "", _TAKE_AWAY, f"{_TAKE_AWAY} delete"),
	"Score Back-test": rights("", "", f"{_TAKE_AWAY} create delete", f"{_TAKE_AWAY} create delete"),
	"Score Back-test Part": rights("", "", "", ""),
	"Customer Audience": {
		**_DEFINITION,
		SUCCESS_USER: frozenset(_ADD.split()),
		SALES_MANAGER: frozenset(_ALL.split()) - {"import"},
	},
	"Customer Audience Member": {
		**rights(_LOOK, _TAKE_AWAY, f"{_TAKE_AWAY} create import", f"{_TAKE_AWAY} create import"),
		SUCCESS_USER: frozenset(_ADD.split()),
		SALES_MANAGER: frozenset(f"{_TAKE_AWAY} create".split()),
	},
	"Customer Tier": _DEFINITION,
	"Customer Tier Standing": rights(_LOOK, _TAKE_AWAY, f"{_TAKE_AWAY} write", f"{_TAKE_AWAY} write"),
	"Customer Tier Change": rights(_LOOK, _TAKE_AWAY, f"{_TAKE_AWAY} write", f"{_TAKE_AWAY} write"),
	"Customer Loyalty Settings": rights("", "", _SETTINGS, _SETTINGS),
}
# what a role may do besides, to what somebody who has it created
RIGHTS_ON_OWN: dict[str, dict[str, frozenset[str]]] = {
	"Customer Audience": {SUCCESS_USER: frozenset({"write", "delete"})},
}

# no record of these is made by hand, whatever the role
MADE_BY_SCORING = (
	"Customer Health",
	"Customer Health Snapshot",
	"Work Run",
	"Work Batch",
	"Score Calibration",
	"Score Back-test Part",
	"Customer Tier Standing",
	"Customer Tier Change",
	"Customer Loyalty Account",
	"Loyalty Ledger Entry",
)
# hidden as a whole from whoever may see some customers only: they name customers of everybody, or are made of all
TELL_OF_EVERYBODY = (
	*("Work Run", "Work Batch", "Score Calibration"),
	*(
		"Score Back-test",
		"Score Back-test Part",
		"Loyalty Due Document",
		"Loyalty Backfill",
		"Loyalty Switch Over",
	),
)
# of these, whoever may see some customers only sees the records of these customers
OF_A_CUSTOMER = (
	*("Customer Health", "Customer Health Snapshot", "Customer Audience Member"),
	*("Customer Tier Standing", "Customer Tier Change"),
	*("Customer Loyalty Account", "Loyalty Ledger Entry", "Loyalty Adjustment"),
	"Customer Referral",
)

REPORTS: dict[str, tuple[str, ...]] = {
	"Customer Health": READERS,
	"RFM Matrix": READERS,
	"Score Movers": READERS,
	"Metric Quality": OWNERS,
	"Audience Movement": READERS,
	"Tier Movements": READERS,
	"Tier Costs and Revenue": READERS,
	"Loyalty Balances Compared": READERS,
}


@dataclass(frozen=True)
class Endpoint:
	"""A whitelisted function: how it is called, and by whom, while limited to some customers too.

	`by_share`: also for those to whom a Customer Health was shared, whatever their roles, for that one.

	In the arguments, OWN stands for a customer whom the limited may see and OTHER for one they may not, OWN_LIST and
	OTHER_LIST for lists of one, RUN and FAILED_RUN for runs, BACK_TEST for a back-test, METRIC, SCORECARD and AUDIENCE for unsaved records.
	"""

	verb: str
	may: tuple[str, ...]
	arguments: dict[str, str | int] = field(default_factory=dict)
	limited: tuple[str, ...] = ()
	about_other: dict[str, str] = field(default_factory=dict)
	by_share: bool = False


OWN, OTHER, RUN, FAILED_RUN, METRIC, SCORECARD = "<own>", "<other>", "<run>", "<failed>", "<metric>", "<card>"
OWN_LIST, OTHER_LIST, AUDIENCE = "<own list>", "<other list>", "<audience>"
BACK_TEST = "PM Back-test"
# a backfill of old documents by a rule that nothing meets
BACKFILL, OLD_RULE = "PM Backfill", "PM Old Rule"
# by hand, of the success user whom nothing limits; both customers are in it
BY_HAND = "PM By Hand"
# by hand, OWN alone is in it
SECOND_AUDIENCE = "PM Second"

_METRIC_FORM = "crm_success.crm_success.doctype.health_metric.health_metric"
_DASHBOARD = "crm_success.crm_success.dashboard"
_SEARCH = {"doctype": "DocType", "txt": "", "searchfield": "name", "start": 0, "page_len": 5}
# in ERPNext itself neither customer success people nor the Support Team nor System Managers read customers
_READ_CUSTOMERS = (SALES_USER, SALES_MANAGER, ACCOUNTS_USER, ACCOUNTS_MANAGER)
_RESCORE = (SUCCESS_USER, *OWNERS)
_REVENUE = {"metric": "net_revenue_365d"}
_SUGGESTED = "crm_success.scoring.api.suggested_weights_form"
_SETTINGS_FORM = "crm_success.scoring.api.settings_form"
_AUDIENCE_FORM = "crm_success.audiences.api.audience_form"
_MEMBERS = "crm_success.audiences.api.audience_members"
_TIER_POLICY = "crm_success.customer_loyalty.api.tier_policy"
_POINTS_PANEL = "crm_success.customer_loyalty.api.points_panel"
_TIER_PANEL = "crm_success.customer_loyalty.api.tier_panel"
_TIER_CHANGES = "crm_success.customer_loyalty.api.tier_changes"
_TIER_RULES = "crm_success.customer_loyalty.api.tier_rules_form"
# tiers with a discount, the second with its Pricing Rule too
TIER_WITHOUT_RULE, TIER_WITH_RULE = "PM Promised", "PM Given"
_TO_MAKE, _TO_EQUAL = ({"tier": tier, "benefit": "Discount"} for tier in (TIER_WITHOUT_RULE, TIER_WITH_RULE))
# of the owners of the scores only these may make a Pricing Rule in ERPNext itself
_MAKE_RULES = (SYSTEM_MANAGER,)
# changes of tiers, of OWN and of OTHER
OWN_CHANGE, OTHER_CHANGE = "pm-change-own", "pm-change-other"
_OWN_CHANGE, _OTHER_CHANGE = ({"changes": f'["{name}"]'} for name in (OWN_CHANGE, OTHER_CHANGE))
# of audiences that somebody else made
_CHANGE_AUDIENCES = (SALES_MANAGER, *OWNERS)
_MAKE_AUDIENCES = (SUCCESS_USER, *_CHANGE_AUDIENCES)
_INTO, _OTHER_INTO = ({"audience": BY_HAND, "customers": names} for names in (OWN_LIST, OTHER_LIST))

# adjustments of points, of OWN and of OTHER
OWN_ADJUSTMENT, OTHER_ADJUSTMENT = "PM Adjustment", "PM Other Adjustment"
_EARNING_RULE = "crm_success.customer_loyalty.api.earning_rule_form"
_BACKFILL = "crm_success.customer_loyalty.api.backfill_form"
_RULE = (
	'{"rule_name": "PM New Rule", "event": "Document Matches", "document_type": "Loyalty Adjustment",'
	' "basis": "Fixed Number", "points": 1}'
)
_TRY, _TRY_OTHER = (
	{"rule": _RULE, "document_type": "Loyalty Adjustment", "document": name}
	for name in (OWN_ADJUSTMENT, OTHER_ADJUSTMENT)
)

_SWITCH_OVER = "crm_success.customer_loyalty.api.switch_over"
# by the status in which the step can be taken
SWITCHES = {"Draft": "PM Switch Draft", "Previewed": "PM Switch Previewed", "Switched": "PM Switch Done"}
_TO_PREVIEW, _TO_SWITCH, _TO_UNDO = ({"switch_over": name} for name in SWITCHES.values())
# of the owners of the scores only these may change a Loyalty Program in ERPNext itself
_CHANGE_PROGRAMS = (SYSTEM_MANAGER,)

# each as: verb, who may, arguments, who may while limited, arguments by which the limited ask for somebody else's
ENDPOINTS: dict[str, Endpoint] = {
	"crm_success.scoring.api.customer_panel.get_health": Endpoint(
		"GET", _READ_CUSTOMERS, {"customer": OWN}, _READ_CUSTOMERS, {"customer": OTHER}
	),
	"crm_success.scoring.api.health_form.picture": Endpoint(
		"GET", READERS, {"customer": OWN}, READERS, {"customer": OTHER}, by_share=True
	),
	"crm_success.scoring.api.health_form.metric_documents": Endpoint(
		"GET", READERS, {"customer": OWN, **_REVENUE}, READERS, {"customer": OTHER, **_REVENUE}, by_share=True
	),
	"crm_success.scoring.api.metric_form.get_source_fields": Endpoint(
		"GET", READERS, {"doctype": "Issue"}, READERS
	),
	"crm_success.scoring.api.metric_form.preview_metric": Endpoint(
		"POST", OWNERS, {"metric": METRIC}, OWNERS
	),
	"crm_success.scoring.api.metric_form.metric_distribution": Endpoint(
		"POST", OWNERS, {"metric": METRIC}, OWNERS
	),
	"crm_success.scoring.api.scorecard_form.what_would_change": Endpoint(
		"POST", OWNERS, {"scorecard": SCORECARD}, OWNERS
	),
	"crm_success.scoring.api.scoring_runs.start_run": Endpoint("POST", OWNERS),
	"crm_success.batches.api.cancel_run": Endpoint("POST", OWNERS, {"run": RUN}),
	"crm_success.batches.api.retry_failed": Endpoint("POST", OWNERS, {"run": FAILED_RUN}),
	"crm_success.scoring.api.scoring_runs.rescore_customer": Endpoint(
		"POST", _RESCORE, {"customer": OWN}, _RESCORE, {"customer": OTHER}
	),
	"crm_success.scoring.api.back_test_form.picture": Endpoint("GET", OWNERS, {"back_test": BACK_TEST}),
	f"{_SUGGESTED}.suggested_weights": Endpoint("GET", OWNERS, {"back_test": BACK_TEST}),
	f"{_SUGGESTED}.weights_to_enter": Endpoint(
		"POST", OWNERS, {"back_test": BACK_TEST, "scorecard": "Standard"}
	),
	f"{_SETTINGS_FORM}.get_newer_defaults": Endpoint("GET", OWNERS, {}, OWNERS),
	f"{_SETTINGS_FORM}.take_over_metrics": Endpoint("POST", OWNERS, {"keys": "[]"}, OWNERS),
	f"{_SETTINGS_FORM}.not_now": Endpoint("POST", OWNERS, {}, OWNERS),
	f"{_METRIC_FORM}.search_source_doctypes": Endpoint("GET", READERS, _SEARCH, READERS),
	f"{_METRIC_FORM}.search_parent_doctypes": Endpoint("GET", READERS, _SEARCH, READERS),
	"crm_success.scoring.api.name_search.search_names": Endpoint(
		"GET", READERS, {**_SEARCH, "doctype": "Customer Segment"}, READERS
	),
	f"{_DASHBOARD}.cards.average_score": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.cards.revenue_at_risk": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.cards.newly_at_risk": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.cards.how_true": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.charts.score_distribution": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.charts.segment_sizes": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.charts.lowest_scores": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.charts.revenue_by_band": Endpoint("GET", READERS, {}, READERS),
	f"{_DASHBOARD}.bands_over_time.bands_over_time": Endpoint("GET", READERS, {}, READERS),
	f"{_AUDIENCE_FORM}.preview": Endpoint("POST", _MAKE_AUDIENCES, {"audience": AUDIENCE}, _MAKE_AUDIENCES),
	f"{_AUDIENCE_FORM}.sizes": Endpoint("GET", READERS, {"audiences": f'["{BY_HAND}"]'}, READERS),
	f"{_AUDIENCE_FORM}.size_over_time": Endpoint("GET", READERS, {"audience": BY_HAND}, READERS),
	f"{_AUDIENCE_FORM}.evaluate_now": Endpoint(
		"POST", _MAKE_AUDIENCES, {"audience": BY_HAND}, _CHANGE_AUDIENCES
	),
	f"{_AUDIENCE_FORM}.filter_fields": Endpoint("GET", READERS, {"looks_at": "Customer Health"}, READERS),
	f"{_AUDIENCE_FORM}.search_tables": Endpoint("GET", READERS, _SEARCH, READERS),
	f"{_AUDIENCE_FORM}.members_now": Endpoint("GET", READERS, {"audience": BY_HAND}, READERS),
	f"{_MEMBERS}.find_customers": Endpoint("GET", _MAKE_AUDIENCES, {"audience": BY_HAND}, _CHANGE_AUDIENCES),
	f"{_MEMBERS}.add_customers": Endpoint("POST", _MAKE_AUDIENCES, _INTO, _CHANGE_AUDIENCES, _OTHER_INTO),
	f"{_MEMBERS}.remove_customers": Endpoint("POST", _MAKE_AUDIENCES, _INTO, _CHANGE_AUDIENCES, _OTHER_INTO),
	f"{_MEMBERS}.audiences_of": Endpoint(
		"GET", READERS, {"customer": OWN}, READERS, {"customer": OTHER}, by_share=True
	),
	f"{_DASHBOARD}.audience_size.audience_size": Endpoint("GET", READERS, {}, READERS),
	"crm_success.audiences.api.audience_figures.make_number_card": Endpoint(
		"POST", (SYSTEM_MANAGER,), {"audience": BY_HAND}, (SYSTEM_MANAGER,)
	),
	f"{_TIER_POLICY}.what_would_change": Endpoint("POST", OWNERS, {}, OWNERS),
	f"{_TIER_POLICY}.evaluate_tiers": Endpoint("POST", OWNERS),
	f"{_TIER_POLICY}.newest_evaluation": Endpoint("GET", OWNERS, {}, OWNERS),
	f"{_TIER_POLICY}.currency_of_tiers": Endpoint("GET", READERS, {}, READERS),
	f"{_TIER_PANEL}.get_tier": Endpoint(
		"GET", _READ_CUSTOMERS, {"customer": OWN}, _READ_CUSTOMERS, {"customer": OTHER}
	),
	f"{_POINTS_PANEL}.get_points": Endpoint(
		"GET", _READ_CUSTOMERS, {"customer": OWN}, _READ_CUSTOMERS, {"customer": OTHER}
	),
	f"{_TIER_PANEL}.protect": Endpoint("POST", OWNERS, {"customer": OWN}, OWNERS, {"customer": OTHER}),
	f"{_EARNING_RULE}.try_rule": Endpoint("POST", OWNERS, _TRY, OWNERS, _TRY_OTHER),
	f"{_BACKFILL}.dry_run": Endpoint("POST", OWNERS, {"backfill": BACKFILL}),
	f"{_BACKFILL}.give_points": Endpoint("POST", OWNERS, {"backfill": BACKFILL}),
	f"{_SWITCH_OVER}.preview": Endpoint("POST", OWNERS, _TO_PREVIEW),
	f"{_SWITCH_OVER}.switch": Endpoint("POST", _CHANGE_PROGRAMS, _TO_SWITCH),
	f"{_SWITCH_OVER}.undo": Endpoint("POST", _CHANGE_PROGRAMS, _TO_UNDO),
	f"{_TIER_CHANGES}.approve_changes": Endpoint("POST", OWNERS, _OWN_CHANGE, OWNERS, _OTHER_CHANGE),
	f"{_TIER_CHANGES}.reject_changes": Endpoint("POST", OWNERS, _OWN_CHANGE, OWNERS, _OTHER_CHANGE),
	# of a customer whom somebody may not choose it tells no tier, as of one without any
	f"{_TIER_RULES}.tier_of": Endpoint("GET", _READ_CUSTOMERS, {"customer": OWN}, _READ_CUSTOMERS),
	f"{_TIER_RULES}.get_rules": Endpoint("GET", READERS, {"tier": TIER_WITH_RULE}, READERS),
	f"{_TIER_RULES}.make": Endpoint("POST", _MAKE_RULES, _TO_MAKE, _MAKE_RULES),
	f"{_TIER_RULES}.make_equal": Endpoint("POST", _MAKE_RULES, _TO_EQUAL, _MAKE_RULES),
	# it takes a role that reads contacts, and one that changes Email Groups, which none of these does
	"crm_success.audiences.api.audience_recipients.fill": Endpoint("POST", (), {"audience": BY_HAND}),
}
