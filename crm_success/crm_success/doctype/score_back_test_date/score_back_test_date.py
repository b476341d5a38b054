"""A past date that a back-test replays. A row of it; decides nothing."""

from crm_success.printed_texts import PrintedAsText


class ScoreBacktestDate(PrintedAsText):
	pass
