"""One-time changes to sites that have the app already. Installing needs none of them."""
