// What is there before any form: Frappe runs it whenever it loads the DocType, and a form's own script after the new record is made.

// Frappe would fill in the user's own company, and the rule would leave out the others unnoticed
if (!frappe.defaults.get_user_permissions().Company) {
	frappe.meta.get_docfield("Loyalty Earning Rule", "for_company").ignore_user_permissions = 1;
}
