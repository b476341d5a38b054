"""Cut points taken from all customers on one day. Written by scoring runs only."""

from crm_success.printed_texts import PrintedAsText


class ScoreCalibration(PrintedAsText):
	pass
