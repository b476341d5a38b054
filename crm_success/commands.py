"""`bench --site SITE crm-success score`: scores a site from the terminal. Parses, shows progress, says how it went."""

import sys
import time
from datetime import date
from difflib import get_close_matches
from html import unescape
from typing import NoReturn

import click
import frappe
from frappe.commands import get_site, pass_context

from crm_success.batches import leases
from crm_success.batches.messages import last_line
from crm_success.batches.preparing import prepare_run
from crm_success.batches.run_life import RunInProgressError
from crm_success.batches.statuses import RUN
from crm_success.batches.working import drain
from crm_success.record_names import HEALTH, SNAPSHOT
from crm_success.scoring import door
from crm_success.scoring.reader_words import driver_words
from crm_success.scoring.runs.starting import KIND, start_scoring
from crm_success.scoring.scoring_day import parse_day

WRONG_INPUT = 2
FAILED = 1
INTERRUPTED = 130

_WAIT_SECONDS = 2


@click.group("crm-success")
def crm_success() -> None:
	"""Customer health scores of a site."""


@crm_success.command("score")
@click.option(
	"--as-of", "as_of_text", metavar="DATE", help="Score as things stood on that day, like 2026-01-31."
)
@click.option("--customer", help="Score this customer only.")
@pass_context
def score(context: frappe._dict, as_of_text: str | None, customer: str | None) -> None:
	"""Score all customers, or one, and say how it went."""
	with frappe.init_site(get_site(context)):
		frappe.connect()
		frappe.set_user("Administrator")
		try:
			_check_installed()
			as_of = _parse_day(as_of_text)
			if customer is not None:
				_score_one(_known(customer), as_of)
			else:
				_score_all(as_of)
		except frappe.ValidationError as error:
			_stop(FAILED, frappe.utils.strip_html(str(error)))
		except KeyboardInterrupt:
			_stop(
				INTERRUPTED,
				"\nInterrupted. Background workers go on with the run; the same command joins it again.",
			)
		except Exception as error:
			# half of a command that failed is not kept
			frappe.db.rollback()
			frappe.log_error(title="bench crm-success score failed")
			# the command ends here, and nothing commits after it
			frappe.db.commit()  # nosemgrep: frappe-manual-commit
			_stop(FAILED, f"{type(error).__name__}: {error}. The Error Log has the details.")
		finally:
			frappe.destroy()


commands = [crm_success]


def _score_all(as_of: date) -> None:
	run = _start_or_join(as_of)
	while _progress(run).status in ("Queued", "Preparing"):
		prepare_run(run)
		if _progress(run).status == "Preparing":
			# somebody else prepares it, and is given a quarter of an hour before we may take over
			time.sleep(_WAIT_SECONDS)
	_work_with_bar(run)
	_summarize(run)


def _start_or_join(as_of: date) -> str:
	"""A new run, or the one for the same day that is not finished."""
	active = {"active": KIND, "as_of": as_of}
	run = frappe.db.get_value(RUN, active)
	if not run:
		try:
			run = start_scoring(as_of, "Command")
			# background workers must see the run
			frappe.db.commit()
			click.echo(f"{run}: preparing the scores of {as_of}")
			return run
		except RunInProgressError:
			# somebody started one in this very moment, for this day or for another
			# only a new transaction sees the run of the other
			frappe.db.rollback()
			run = frappe.db.get_value(RUN, active)
			if not run:
				raise
	click.echo(f"{run} is not finished: joining it")
	return run


def _work_with_bar(run: str) -> None:
	"""Work on the run beside any background workers, until the last batch, theirs or ours, is finished."""
	total = frappe.db.get_value(RUN, run, "customers_total")
	with click.progressbar(length=max(total, 1), label=run, item_show_func=_speed, show_eta=False) as bar:

		def show() -> None:
			row = _progress(run)
			bar.update(round(total * row.percent_done / 100) - bar.pos, row)

		while _progress(run).status == "Running":
			drain(run, after_each=show)
			if _progress(run).status == "Running" and not leases.end_expired(run):
				# the rest is held by other workers; should one die, its batch becomes free again
				bar.current_item = _whom_we_wait_for(run)
				bar.render_progress()
				time.sleep(_WAIT_SECONDS)
		show()


def _progress(run: str) -> frappe._dict:
	# a new transaction: one sees for ever what it saw first
	frappe.db.rollback()
	return frappe.db.get_value(
		"Work Run", run, ["status", "percent_done", "rate", "remaining_seconds"], as_dict=True
	)


def _whom_we_wait_for(run: str) -> frappe._dict | None:
	held = {"work_run": run, "status": "Running"}
	return frappe.db.get_value("Work Batch", held, ["worker", "lease_until"], as_dict=True)


def _speed(row: frappe._dict | None) -> str:
	if not row:
		return ""
	if row.worker:
		return f"waiting for {row.worker}, until {row.lease_until:%H:%M} at most"
	remaining = time.strftime("%H:%M:%S", time.gmtime(row.remaining_seconds))
	return f"{row.rate:,.0f} customers/s, {remaining} left"


def _summarize(run: str) -> None:
	doc = frappe.get_doc("Work Run", run)
	click.echo(
		f"{doc.name}: {doc.status}. {doc.customers_scored:,} scored, {doc.customers_without_score:,} without a score, "
		f"{doc.customers_skipped:,} skipped, of {doc.customers_total:,} customers"
	)
	for message in doc.messages:
		examples = f" For example: {', '.join(message.examples.splitlines())}" if message.examples else ""
		source = f"{message.reference_doctype}: " if message.reference_doctype else ""
		# the record holds HTML
		click.echo(unescape(f"  {message.severity}: {source}{message.reason} ({message.count:,}){examples}"))
	if doc.status in ("Failed", "Cancelled"):
		_stop(FAILED, f"The run {doc.name} is {doc.status.lower()}. {last_line(doc.error)}".strip())


def _score_one(customer: str, as_of: date) -> None:
	door.rescore_customers([customer], as_of)
	is_past = as_of < frappe.utils.getdate()
	doctype = SNAPSHOT if is_past else HEALTH
	name = frappe.db.get_value(doctype, {"customer": customer, **({"as_of": as_of} if is_past else {})})
	if not name:
		_stop(FAILED, f"{customer} was not scored: internal customers are left out")
	_show_one(frappe.get_doc(doctype, name))


def _show_one(doc: frappe._dict) -> None:
	score = (
		"no score, there is nothing to measure"
		if doc.computed_score is None
		else f"{doc.score:.1f} {doc.band}"
	)
	click.echo(f"{doc.customer} on {doc.as_of}: {score}, segment {doc.segment or 'none'}")
	for line in (driver_words().low_coverage(doc.coverage), *doc.drivers.splitlines()):
		if line:
			click.echo(f"  {line}")


def _parse_day(text: str | None) -> date:
	try:
		return parse_day(text)
	except frappe.ValidationError as error:
		# it is written for the desk, as HTML
		_stop(WRONG_INPUT, unescape(frappe.utils.strip_html(str(error))))


def _known(customer: str) -> str:
	name = frappe.db.exists("Customer", customer)
	if not name:
		names = frappe.get_all("Customer", pluck="name", limit=20_000, order_by="name")
		close = get_close_matches(customer, names, n=3)
		hint = f" Did you mean {', '.join(close)}?" if close else ""
		_stop(WRONG_INPUT, f"There is no customer {customer}.{hint}")
	return name


def _check_installed() -> None:
	if "crm_success" not in frappe.get_installed_apps():
		_stop(
			WRONG_INPUT,
			f"CRM Success is not installed on {frappe.local.site}. "
			f"Run: bench --site {frappe.local.site} install-app crm_success",
		)


def _stop(code: int, message: str) -> NoReturn:
	click.echo(message, err=True)
	sys.exit(code)
