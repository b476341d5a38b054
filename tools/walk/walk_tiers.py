"""The policy of tiers of the walk's site. Imports nothing: both the site and the browser's side read it."""

# what earns each tier: so many of the made-up customers spend that in a year
AMOUNTS = {"Silver": 20_000, "Gold": 60_000, "Diamond": 150_000}
# with so much less, more customers had a tier a year ago than have it now
EASIER = 0.5
POLICY = {
	"enabled": 1,
	"period": "Rolling 12 Months",
	"review": "Quarterly",
	"approval": "All Changes",
	"grace_days": 0,
}
# whose downgrade was rejected
GIVEN_A_CHANCE = 3
# of what each invoice comes to
DISCOUNTS = {"Gold": 0.05, "Diamond": 0.1}
