"""Prints the figures of a benchmark as ratios with their bounds, and what they are made of. Measures nothing."""


def print_report(small: dict, large: dict) -> None:
	"""One line a ratio: what was reached, what is asked for, the seconds or megabytes behind it."""
	rows = ", ".join(f"{count:,} {doctype}" for doctype, count in large["rows"].items())
	print(f"\n{rows}\n")
	for line in _lines(small, large):
		print(line)


def _lines(small: dict, large: dict) -> list[str]:
	one, two, first = large["one_worker"], large["two_workers"], large["first_run"]
	floor = large["bare_reads"] + large["bare_upsert"]
	per_customer = one["seconds"] / one["customers"]
	small_per_customer = small["one_worker"]["seconds"] / small["one_worker"]["customers"]
	single, stale, marking = large["one_customer"], large["stale_500"], large["marking"]
	audiences, back_test = large["audiences"], large["back_test"]
	peak = max(run["peak_mb"] for run in (one, two, first, audiences, back_test))
	per_date = back_test["seconds"] / back_test["dates"]
	return [
		_line(
			"run / floor, one worker",
			one["seconds"] / floor,
			"<=",
			1.6,
			f"{one['seconds']:.1f} s / ({large['bare_reads']:.1f} s reads + {large['bare_upsert']:.1f} s upsert)",
		),
		_line("run / floor, two workers", two["seconds"] / floor, "", None, f"{two['seconds']:.1f} s"),
		_line(
			"one worker / two workers",
			one["seconds"] / two["seconds"],
			">=",
			1.6,
			f"{one['customers'] / one['seconds']:,.0f} and {two['customers'] / two['seconds']:,.0f} customers/s",
		),
		_line(
			"get_all loop / run",
			large["loop_per_customer"] / per_customer,
			">=",
			50,
			f"{1000 * large['loop_per_customer']:.1f} ms / {1000 * per_customer:.2f} ms a customer",
		),
		_line(
			"cost of a customer, large / small site",
			per_customer / small_per_customer,
			"<=",
			1.1,
			f"{1000 * per_customer:.2f} ms / {1000 * small_per_customer:.2f} ms",
		),
		_line(
			"first run with cut points and snapshots / run",
			first["seconds"] / one["seconds"],
			"",
			None,
			f"{first['seconds']:.1f} s",
		),
		_line(
			"a date of a back-test / run",
			per_date / one["seconds"],
			"<=",
			1.5,
			f"{per_date:.1f} s, {back_test['peak_mb']:.0f} MB",
		),
		_line(
			"one customer / its bare reads and writes",
			single["median"] / single["bare_median"],
			"<=",
			40,
			f"{1000 * single['median']:.0f} ms / {1000 * single['bare_median']:.1f} ms, "
			f"slowest {1000 * single['slowest']:.0f} ms",
		),
		_line(
			"500 stale customers / their bare reads and writes",
			stale["median"] / stale["bare_median"],
			"<=",
			4,
			f"{stale['median']:.2f} s / {stale['bare_median']:.2f} s",
		),
		_line(
			"marking / importing invoices",
			marking["marking_seconds"] / marking["import_seconds"],
			"<=",
			0.02,
			f"{1000 * marking['marking_seconds'] / marking['invoices']:.2f} ms of "
			f"{1000 * marking['import_seconds'] / marking['invoices']:.0f} ms an invoice",
		),
		_of_save("hearing of a document that nobody watches / its save", large["unwatched_save"], 0.01),
		_of_save("hearing of one that a metric watches / its save", large["watched_save"], 0.03),
		*_of_audiences(audiences),
		*_of_tiers(large["tiers"]),
		*_of_points(large["points"]),
		_line("peak memory of a worker / 1 GB", peak / 1024, "<=", 1, f"{peak:.0f} MB"),
	]


def _of_save(name: str, figures: dict, bound: float) -> str:
	own = figures["save"] - figures["hearing"]
	return _line(
		name,
		figures["hearing"] / own,
		"<=",
		bound,
		f"{1000 * figures['hearing']:.2f} ms more than {1000 * own:.0f} ms",
	)


def _of_audiences(figures: dict) -> list[str]:
	night, bare, before = figures["night"], figures["bare"], figures["before"]
	return [
		_line(
			"pass over 50 audiences / their bare queries",
			night / bare,
			"<=",
			1.5,
			f"{night:.1f} s / {bare:.1f} s, {figures['extraction']:.1f} s of it for values of metrics",
		),
		_line(
			"pass / bare queries and reading who was in",
			night / (bare + before),
			"",
			None,
			f"{before:.1f} s more for {figures['members']:,} members; {figures['moved']:,} moved",
		),
		_line(
			"first pass, everybody enters / pass",
			figures["first"] / night,
			"",
			None,
			f"{figures['first']:.1f} s",
		),
	]


def _of_tiers(figures: dict) -> list[str]:
	read, write = figures["bare_read"], figures["bare_upserts"]
	quiet, moved = figures["quiet"], figures["moved"]
	return [
		_line(
			"first review of tiers / bare read and bare upserts",
			figures["first"] / (read + write),
			"<=",
			2,
			f"{figures['first']:.1f} s / ({read:.1f} s read + {write:.1f} s upserts)",
		),
		_line(
			"review in which some move / the same",
			moved / (read + figures["bare_some"]),
			"<=",
			2,
			f"{moved:.1f} s / ({read:.1f} s + {figures['bare_some']:.1f} s), {figures['movers']:,} moved",
		),
		_line(
			"evaluation in which nobody moves / bare read",
			quiet / read,
			"",
			None,
			f"{quiet:.1f} s / {read:.1f} s, {figures['peak_mb']:.0f} MB",
		),
	]


def _of_points(figures: dict) -> list[str]:
	entries, accounts, read = figures["bare_entries"], figures["bare_accounts"], figures["bare_read"]
	balance, submit = figures["balance"], figures["submit"]
	return [
		_line(
			"backfill of points / bare read and bare inserts",
			figures["given"] / (read + entries + accounts),
			"<=",
			2,
			f"{figures['given']:.1f} s / ({read:.1f} s read + {entries:.1f} s entries + {accounts:.1f} s accounts), "
			f"{figures['entries']:,} entries, {figures['peak_mb']:.0f} MB",
		),
		_line(
			"its dry run / bare read",
			figures["dry"] / read,
			"",
			None,
			f"{figures['dry']:.1f} s / {read:.1f} s",
		),
		_line(
			"balance of a customer with 10,000 entries / bare sum",
			balance["asked"] / balance["bare"],
			"<=",
			2,
			f"{1000 * balance['asked']:.2f} ms / {1000 * balance['bare']:.2f} ms",
		),
		_line(
			"its account added up anew / bare sum",
			balance["added_up"] / balance["bare"],
			"",
			None,
			f"{1000 * balance['added_up']:.1f} ms / {1000 * balance['bare']:.1f} ms",
		),
		_line(
			"submitting an invoice with five rules / without, more",
			submit["more"],
			"<=",
			0.03,
			f"{1000 * submit['with']:.0f} ms / {1000 * submit['without']:.0f} ms, pairs by turns",
		),
	]


def _line(name: str, ratio: float, relation: str, bound: float | None, figures: str) -> str:
	if bound is None:
		judgement = ""
	else:
		reached = ratio <= bound if relation == "<=" else ratio >= bound
		judgement = f"{relation} {bound:g} {'reached' if reached else 'MISSED'}"
	return f"{name:<52}{ratio:>9.3f}  {judgement:<18}{figures}"
