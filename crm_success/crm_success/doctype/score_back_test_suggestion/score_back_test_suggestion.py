"""What a back-test suggests for one scorecard: a row of it, written by the work alone; decides nothing."""

from crm_success.printed_texts import PrintedAsText


class ScoreBacktestSuggestion(PrintedAsText):
	pass
