"""Who the customers of the demonstration are and how each of them behaves. Writes no documents."""

import math
from dataclasses import dataclass
from random import Random

from crm_success.standalone.demo.schema import Row

HISTORY_DAYS = 910

COMPANY, COMPANY_UK = "Brightwater Supplies", "Brightwater Supplies UK"
CURRENCY = {COMPANY: "EUR", COMPANY_UK: "GBP"}
TAX = {COMPANY: 0.19, COMPANY_UK: 0.20}

_PLACES = [
	"Alder",
	"Ashgrove",
	"Birchwood",
	"Blackwater",
	"Bramble",
	"Bridgeport",
	"Broadmoor",
	"Calder",
	"Cedar",
	"Clifton",
	"Copperfield",
	"Coral",
	"Crescent",
	"Dunmore",
	"Eastgate",
	"Elmwood",
	"Fairhaven",
	"Falcon",
	"Fernhill",
	"Foxglove",
	"Glenmore",
	"Granite",
	"Greenfield",
	"Harbour",
	"Hawthorn",
	"Hazel",
	"Heron",
	"Highland",
	"Ivy",
	"Juniper",
	"Kestrel",
	"Kingsway",
	"Lakeside",
	"Larkspur",
	"Linden",
	"Lowland",
	"Maple",
	"Marigold",
	"Meadow",
	"Millbrook",
	"Northgate",
	"Oakley",
	"Orchard",
	"Pinecrest",
	"Quarry",
	"Ravenna",
	"Redwood",
	"Riverside",
	"Rowan",
	"Saffron",
	"Silverlake",
	"Southgate",
	"Stonebridge",
	"Sunfield",
	"Thornbury",
	"Tidewater",
	"Valley",
	"Westbrook",
	"Willow",
	"Winterfell",
]
_TRADES = [
	"Bakery",
	"Books",
	"Builders",
	"Cafés",
	"Catering",
	"Ceramics",
	"Chemists",
	"Clinics",
	"Coffee",
	"Design",
	"Electric",
	"Engineering",
	"Farms",
	"Foods",
	"Furniture",
	"Gardens",
	"Hotels",
	"Interiors",
	"Joinery",
	"Kitchens",
	"Laboratories",
	"Lighting",
	"Logistics",
	"Motors",
	"Opticians",
	"Packaging",
	"Pharmacy",
	"Print",
	"Schools",
	"Sports",
	"Studios",
	"Textiles",
	"Tools",
	"Toys",
	"Travel",
	"Wines",
]
_FORMS = ("", "", "", " GmbH", " Ltd", " & Sons", " Group", " BV", " SARL")

# names that break programs which build SQL or HTML from text
_AWKWARD_NAMES = (
	'O\'Brien "Quick" & Sons 🚀',
	"Müller <b>Söhne</b> & Co.",
	"The Extraordinarily Long-Winded Purveyors of Fine Stationery, Sealing Wax, Blotting Paper and Other "
	"Necessities of Correspondence, Est. 1871",
)

_TERRITORIES = {
	"Germany": 34,
	"France": 14,
	"Netherlands": 12,
	"United Kingdom": 16,
	"Italy": 9,
	"Poland": 8,
	"Sweden": 7,
}
_GROUPS = {"Commercial": 70, "Government": 8, "Non Profit": 7, "Individual": 15}
_MANAGERS = ("anna.becker", "jonas.lind", "maria.rossi", "tom.hughes", "zofia.nowak")


@dataclass(frozen=True)
class Habit:
	"""A way of buying. Days are counted back from the scoring date, growth is a factor per month."""

	share: int
	invoices_per_month: float
	first_day: tuple[int, int]
	last_day: tuple[int, int] = (0, 0)
	growth: float = 1.0
	trouble: float = 0.2


_HABITS = (
	Habit(38, 1.0, (400, HISTORY_DAYS), trouble=0.25),
	Habit(12, 0.7, (300, HISTORY_DAYS), growth=1.05, trouble=0.1),
	Habit(14, 1.4, (500, HISTORY_DAYS), growth=0.86, trouble=0.75),
	Habit(12, 0.9, (720, HISTORY_DAYS), last_day=(95, 700), trouble=0.6),
	Habit(9, 1.1, (4, 88), trouble=0.2),
	Habit(10, 0.2, (400, HISTORY_DAYS), trouble=0.3),
	Habit(5, 0.0, (1, 300), trouble=0.1),
)


@dataclass(frozen=True)
class Person:
	"""A customer and what will happen to it. `trouble` from 0 to 1 makes it pay late and complain."""

	name: str
	group: str
	territory: str
	manager: str
	company: str
	invoices_per_month: float
	growth: float
	first_day: int
	last_day: int
	usual_amount: float
	days_to_pay: int
	lateness: float
	trouble: float
	issues_per_month: float

	def rate(self, days_back: float) -> float:
		"""Invoices a month at `days_back` days before the scoring date; growth begins a year before that date."""
		months = max(0.0, (365 - days_back) / 30.4)
		return self.invoices_per_month * self.growth**months


def people(number: int, chance: Random) -> list[Person]:
	"""The first `number` customers; those with awkward names come first."""
	return [_person(name, chance) for name in _names(number, chance)]


def record(person: Person) -> Row:
	"""The person as a row of Customer."""
	return {
		"name": person.name,
		"customer_name": person.name,
		"customer_type": "Individual" if person.group == "Individual" else "Company",
		"customer_group": person.group,
		"territory": person.territory,
		"account_manager": person.manager or None,
		"default_currency": CURRENCY[person.company],
	}


def _names(number: int, chance: Random) -> list[str]:
	pairs = [f"{place} {trade}" for place in _PLACES for trade in _TRADES]
	chance.shuffle(pairs)
	names = list(_AWKWARD_NAMES)
	for index in range(number):
		again, pair = divmod(index, len(pairs))
		names.append(pairs[pair] + chance.choice(_FORMS) + (f" {again + 1}" if again else ""))
	return names[:number]


def _person(name: str, chance: Random) -> Person:
	habit = chance.choices(_HABITS, [habit.share for habit in _HABITS])[0]
	territory = _pick(_TERRITORIES, chance)
	trouble = min(1.0, max(0.0, chance.gauss(habit.trouble, 0.2)))
	first_day = chance.randint(*habit.first_day)
	return Person(
		name=name,
		group=_pick(_GROUPS, chance),
		territory=territory,
		manager=f"{chance.choice(_MANAGERS)}@example.com" if chance.random() < 0.85 else "",
		company=COMPANY_UK if territory == "United Kingdom" else COMPANY,
		invoices_per_month=habit.invoices_per_month * chance.lognormvariate(0, 0.6),
		growth=habit.growth,
		first_day=first_day,
		last_day=min(chance.randint(*habit.last_day), first_day),
		# a few customers bring most of the revenue
		usual_amount=math.exp(chance.gauss(6.3, 1.0)) * (1 + chance.paretovariate(1.4)) / 3,
		days_to_pay=chance.choice((14, 30, 30, 45)),
		lateness=chance.gauss(-6, 6) + 60 * trouble**2,
		trouble=trouble,
		issues_per_month=chance.lognormvariate(-3.2, 0.8) * (1 + 6 * trouble),
	)


def _pick(shares: dict[str, int], chance: Random) -> str:
	return chance.choices(list(shares), list(shares.values()))[0]
