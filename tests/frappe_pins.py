"""What Frappe and ERPNext pin of the packages that this project's requirements meet, themselves or through others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pins:
	"""The pins of one release, and the Pythons that it runs on."""

	frappe: str
	pythons: tuple[str, ...]
	requirements: tuple[str, ...]


PINS = (
	Pins(
		frappe="15.72.4",
		pythons=("3.10", "3.11", "3.12", "3.13"),
		requirements=(
			"Click~=8.2.0",
			"Jinja2~=3.1.2",
			"MarkupSafe>=2.1.0,<3",
			"PyPika==0.48.9",
			"python-dateutil~=2.8.2",
			"pytz==2023.3",
			# these bound python-dateutil or pytz in their turn
			"boto3~=1.34.143",
			"croniter~=2.0.1",
			"holidays~=0.28",
		),
	),
	Pins(
		frappe="16.9.0",
		pythons=("3.14",),
		requirements=(
			"Click~=8.3.1",
			"Jinja2~=3.1.6",
			"MarkupSafe~=3.0.3",
			# a fork of Frappe's own, under this version
			"PyPika==0.48.9",
			"python-dateutil~=2.9.0.post0",
			"pytz==2025.2",
			# these bound python-dateutil or pytz in their turn
			"croniter~=6.0.0",
			"holidays~=0.87",
		),
	),
)
