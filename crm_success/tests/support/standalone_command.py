"""The standalone command on the very database of the site, for tests that compare the two."""

from datetime import date
from urllib.parse import quote

import frappe
import pandas as pd

from crm_success.standalone.assessment import Outcome, Scoring
from crm_success.standalone.connections import connect


def site_url() -> str:
	"""The site's database, as the command wants it."""
	conf = frappe.conf
	user, password = quote(conf.db_user or conf.db_name, safe=""), quote(conf.db_password, safe="")
	host, port = conf.db_host or "127.0.0.1", conf.db_port or 3306
	return f"mysql://{user}:{password}@{host}:{port}/{conf.db_name}"


def score_standalone(as_of: date, batch_size: int) -> tuple[pd.DataFrame, Outcome]:
	"""The rows of health.csv, indexed by customer, and what the report is made of. Sees what is committed only."""
	batches: list[pd.DataFrame] = []
	with connect(site_url()) as database:
		outcome = Scoring(database, as_of, batch_size).run(batches.append, lambda customers: None)
	return pd.concat(batches).set_index("customer", drop=False), outcome
