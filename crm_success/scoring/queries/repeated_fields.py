"""What a health repeats of its customer, so that lists, reports and permissions can use it. Reads nothing."""

# disabled customers are scored like others; whoever lists or counts scores decides whether to show them
CUSTOMER_DISABLED = "customer_disabled"

# field of Customer Health: field of Customer
REPEATED_FIELDS = {
	"customer_name": "customer_name",
	"customer_group": "customer_group",
	"territory": "territory",
	"account_manager": "account_manager",
	CUSTOMER_DISABLED: "disabled",
}
