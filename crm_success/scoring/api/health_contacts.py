"""The people at a customer, for whoever may see its health. Decides not who that is."""

from typing import Any

import frappe

from crm_success.visibility import reads_those_of_others

CONTACT, CUSTOMER = "Contact", "Customer"
CONTACTS = 20
# what it takes to reach somebody, and nothing else of a contact
_SHOWN = (
	"name",
	"first_name",
	"last_name",
	"designation",
	"email_id",
	"phone",
	"mobile_no",
	"is_primary_contact",
)


def contacts_of(customer: str) -> dict[str, Any]:
	"""At most 20 contacts, the primary one first, and whether the user may open them.

	Who has the right to read contacts sees those that are within it; who has none sees how to reach all of them.
	"""
	# everybody may read the contacts that they created themselves
	may_open = reads_those_of_others(CONTACT)
	filters = {"link_doctype": CUSTOMER, "link_name": customer, "parenttype": CONTACT}
	names = frappe.get_all("Dynamic Link", filters=filters, pluck="parent", distinct=True, order_by="parent")
	found = (frappe.get_list if may_open else frappe.get_all)(
		CONTACT,
		filters={"name": ("in", names)},
		fields=list(_SHOWN),
		order_by="is_primary_contact desc, name",
		limit=CONTACTS + 1,
	)
	return {
		"may_open": may_open,
		"more": len(found) > CONTACTS,
		"rows": [_row(contact) for contact in found[:CONTACTS]],
	}


def _row(contact: dict[str, Any]) -> dict[str, str]:
	full_name = " ".join(name for name in (contact["first_name"], contact["last_name"]) if name)
	return {
		"name": contact["name"],
		"full_name": full_name or contact["name"],
		"designation": contact["designation"] or "",
		"email": contact["email_id"] or "",
		"phone": contact["phone"] or contact["mobile_no"] or "",
	}
