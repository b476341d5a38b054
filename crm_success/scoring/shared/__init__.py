"""What the site and the standalone command do alike with an ERPNext database. Asks it through a port; no Frappe, no clock."""
