"""The audiences that the walk's site has beside the default ones. Imports nothing: both the site and the browser's side read it."""

# as old as the scores
AT_RISK = "Customers at Risk"
# with so many customers in it
BY_HAND = "Invited to the Fair"
PICKED = 6
