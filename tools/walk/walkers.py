"""The people of the walk: who they are, and what they may do. Opens no page, makes no user."""

from dataclasses import dataclass

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Person:
	"""Somebody with the role that is walked, first in `roles`, and what such people have beside it in ERPNext."""

	key: str
	full_name: str
	roles: tuple[str, ...]
	reads_customers: bool = True
	manages: bool = False
	makes_audiences: bool = False

	def user(self, language: str) -> str:
		return f"{self.key}.{language}@walk.example"


PEOPLE = (
	Person(
		"success",
		"Sofia Success",
		("Customer Success User", "Employee"),
		reads_customers=False,
		makes_audiences=True,
	),
	Person("sales", "Sam Sales", ("Sales User", "Employee")),
	Person("accounts", "Ada Accounts", ("Accounts User", "Employee")),
	# who declares metrics must be allowed to read what they measure
	Person(
		"manager",
		"Mia Manager",
		("Customer Success Manager", "Sales User", "Accounts User", "Support Team"),
		manages=True,
		makes_audiences=True,
	),
)
