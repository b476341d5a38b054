"""What a referral may be. Pure: no Frappe, no database, no clock."""

from enum import Enum


class Status(str, Enum):
	"""Converted: the first invoice of the referred customer is paid in full."""

	OPEN = "Open"
	CONVERTED = "Converted"
