"""Reads statements of the site's database as frames. Apart from the rest, because it needs pandas."""

import frappe
import pandas as pd

from crm_success.database.dialects import Statement


def read_frame(statement: Statement) -> pd.DataFrame:
	"""The statement's rows as a frame with one column a selected name."""
	rows = frappe.db.sql(statement.sql, statement.parameters)
	columns = [column[0] for column in frappe.db.get_description()]
	return pd.DataFrame.from_records(rows, columns=columns)
