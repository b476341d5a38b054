"""Why documents of a backfill earn nothing, and how many. A row of it, written by the work alone; decides nothing."""

from crm_success.printed_texts import PrintedAsText


class LoyaltyBackfillReason(PrintedAsText):
	pass
