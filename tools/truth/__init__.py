"""`make truth`: the back-test of real invoices."""
