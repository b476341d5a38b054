"""What site and standalone command do alike, without Frappe: each brings its own database and its own words."""
