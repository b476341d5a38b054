// The form of a customer: a referral that is made among its connections is one by this customer.

frappe.provide("crm_success.customer_referrals");

frappe.ui.form.on("Customer", {
	refresh(frm) {
		// Frappe would enter the customer as the referred one too
		frm.make_methods = { ...frm.make_methods, "Customer Referral": crm_success.customer_referrals.make };
	},
});

Object.assign(crm_success.customer_referrals, {
	make: (frm) => frappe.new_doc("Customer Referral", { referrer: frm.doc.name }),
});
