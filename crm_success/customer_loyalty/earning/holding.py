"""Holds the accounts of the customers of documents, before anything else is read of the documents. Gives nothing.

Who first read, and then waited for somebody who gave points meanwhile, would go by what was true before that: a document
that was cancelled in between would earn, after the other one had seen that it must not.
"""

from collections.abc import Collection, Sequence

import frappe

from crm_success.customer_loyalty.earning.earning_documents import customers_of
from crm_success.customer_loyalty.earning.earning_values import EarningRule
from crm_success.customer_loyalty.earning.given import given_points
from crm_success.customer_loyalty.points.lots import held_accounts


def hold_customers_of(doctype: str, names: Sequence[str], rules: Collection[EarningRule]) -> None:
	"""Begin a transaction that holds the accounts, and sees the site as it is when it has them. Commits what was before."""
	customers = customers_of(doctype, names, rules)
	customers.update(one.customer for given in given_points(doctype, names).values() for one in given)
	# those that are missing are made
	held_accounts(customers)
	# waiting for accounts comes first in a transaction: what it sees of other records begins with the next read
	frappe.db.commit()  # nosemgrep: frappe-manual-commit
	held_accounts(customers)
