"""The same queries and engine without Frappe: on SQLite or on the database of an ERPNext site, reading only."""
