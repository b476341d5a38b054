"""The first and the last day that can be scored, on a site and without one. Knows no today."""

from datetime import date

# before it no ledger was kept on a computer
EARLIEST = date(1970, 1, 1)
# a day far behind any due date, and far before the last one that a pandas timestamp holds
LATEST = date(2199, 12, 31)
