"""The sections of the report: figures in, markup out. Computes no figure itself."""

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions
from crm_success.standalone.report import numbers, pictures
from crm_success.standalone.report.figures import CALLS, NEVER_BOUGHT, NO_SCORE, Figures
from crm_success.standalone.report.markup import Content, Markup, element, join

NEVER_BOUGHT_HINT = "Customers without an invoice by the scoring date."


def tiles(figures: Figures, definitions: Definitions) -> Markup:
	"""The headline numbers."""
	totals, currency, days = figures.totals, definitions.money.currency, definitions.limits.window_days
	unscored = totals["customers"] - totals["scored"]
	rows = (
		("Customers", numbers.count(totals["customers"]), "", f"{numbers.count(unscored)} without a score"),
		(
			"Average score",
			numbers.score(totals["average_score"]),
			"of 100",
			f"{numbers.score(totals['weighted_score'])} weighted by revenue",
		),
		(f"Revenue, {days} days", numbers.short_amount(totals["revenue"]), currency, "net of returns"),
		(
			"Revenue at risk",
			numbers.short_amount(totals["revenue_at_risk"]),
			currency,
			f"{numbers.percent(totals['revenue_at_risk'], totals['revenue'])} of revenue, from customers At Risk",
		),
		(
			"Overdue",
			numbers.short_amount(totals["overdue"]),
			currency,
			numbers.plural(totals["overdue_customers"], "customer owes", "customers owe"),
		),
		("Open issues", numbers.count(totals["open_issues"]), "", "on the scoring date"),
	)
	return element("section", [_tile(*row) for row in rows], class_="tiles", aria_label="Headline numbers")


def _tile(label: str, number: str, unit: str, hint: str) -> Markup:
	return element(
		"div",
		element("div", label, class_="label"),
		element("div", number, element("span", unit, class_="unit") if unit else None, class_="number"),
		element("div", hint, class_="hint"),
		class_="tile",
	)


def bands(figures: Figures) -> Markup:
	"""The ring of bands with its table."""
	table = figures.bands
	shown = table[(table["customers"] > 0) | (table.index != NO_SCORE)]
	rows = [_band_row(str(name), row, table) for name, row in shown.iterrows()]
	head = _head("Band", ("Customers", "right"), ("Revenue", "right"))
	picture = pictures.donut(shown, figures.totals["average_score"])
	content = element("div", picture, element("table", head, element("tbody", rows)), class_="bands")
	return _section("How healthy are our customers?", "Customers by health band.", content)


def _band_row(name: str, row: pd.Series, table: pd.DataFrame) -> Markup:
	return element(
		"tr",
		element("th", band_name(name), scope="row"),
		_both(numbers.count(row["customers"]), numbers.percent(row["customers"], table["customers"].sum())),
		_both(
			numbers.short_amount(row["revenue"]),
			numbers.percent(row["revenue"], table["revenue"].clip(lower=0).sum()),
		),
	)


def band_name(band: str) -> Markup:
	"""The name of a band with its sign."""
	sign = element("span", pictures.SIGNS.get(band, ""), class_="sign", aria_hidden="true")
	return element("span", sign, band, class_=f"band {pictures.band_class(band)}")


def scores(figures: Figures, definitions: Definitions) -> Markup:
	"""The distribution of scores."""
	default = next((card for card in definitions.scorecards if card.is_default), None)
	thresholds = (default.watch_from, default.healthy_from) if default else (40.0, 70.0)
	note = "Customers by score, ten points a column. Watch is striped, At Risk dotted."
	return _section("How are the scores spread?", note, pictures.histogram(figures.histogram, thresholds))


def segments(figures: Figures, strategies: dict[str, str]) -> Markup:
	"""Each segment's share of customers and of revenue, and what to do for it."""
	table = figures.segments
	table = table[(table["customers"] > 0) | table.index.isin(list(strategies))]
	people, money = table["customers"].sum(), table["revenue"].clip(lower=0).sum()
	rows = [_segment_row(str(name), row, people, money, strategies) for name, row in table.iterrows()]
	head = _head("Segment", "Customers", "Revenue", ("Average score", "right"))
	return _section(
		"Which segments carry the business?",
		"Segments come from recency, frequency and monetary scores; bars show shares of all customers and revenue.",
		element("table", head, element("tbody", rows), class_="stack segments"),
	)


def _segment_row(
	name: str, row: pd.Series, people: float, money: float, strategies: dict[str, str]
) -> Markup:
	hint = NEVER_BOUGHT_HINT if name == NEVER_BOUGHT else strategies.get(name, "")
	people_bar = pictures.bar(row["customers"], people)
	money_bar = pictures.bar(row["revenue"], money, "money")
	return element(
		"tr",
		element(
			"th", element("span", name, class_="name"), element("span", hint, class_="under"), scope="row"
		),
		_cell("Customers", _meter(people_bar, numbers.count(row["customers"]), row["customers"], people)),
		_cell("Revenue", _meter(money_bar, numbers.short_amount(row["revenue"]), row["revenue"], money)),
		_cell("Average score", numbers.score(row["score"]), "right"),
	)


def _meter(picture: Markup, number: str, part: float, whole: float) -> Markup:
	share = element("span", numbers.percent(part, whole), class_="under")
	return element("div", picture, element("span", number, share), class_="meter")


def heat_map(figures: Figures, definitions: Definitions) -> Markup:
	"""Recency by frequency: customers and revenue of each of the 25 cells, darker where there are more customers."""
	most = max(figures.heat["customers"].max(), 1)
	rows = [
		element(
			"tr",
			element("th", _recency_name(recency), scope="row"),
			[_heat_cell(figures.heat.loc[(recency, frequency)], most) for frequency in range(1, 6)],
		)
		for recency in range(5, 0, -1)
	]
	names = [element("th", _frequency_name(frequency), scope="col") for frequency in range(1, 6)]
	columns = element("colgroup", element("col", class_="name"), element("col", span=5))
	head = element("thead", element("tr", element("td", "", class_="h0"), names))
	note = (
		"Rows: how recent the last invoice is. Columns: how many invoices. In each cell the number of customers "
		f"and their revenue ({definitions.money.currency}, {definitions.limits.window_days} days). "
		"The darker, the more customers."
	)
	table = element("table", columns, head, element("tbody", rows), class_="heat")
	return _section("Who buys how recently, and how often?", note, table)


def _recency_name(score: int) -> str:
	return {5: "Most recent 5", 1: "Longest ago 1"}.get(score, str(score))


def _frequency_name(score: int) -> str:
	return {1: "1 Rare", 5: "5 Often"}.get(score, str(score))


def _heat_cell(cell: pd.Series, most: float) -> Markup:
	people = cell["customers"]
	# by square root: one crowded cell would otherwise leave all others pale
	step = min(5, 1 + int((people / most) ** 0.5 * 4.999)) if people else 0
	return element(
		"td",
		element("span", numbers.count(people) if people else numbers.NOTHING, class_="many"),
		element("span", numbers.short_amount(cell["revenue"]) if people else "", class_="much"),
		class_=f"h{step}",
	)


def calls(figures: Figures, definitions: Definitions) -> Markup:
	"""The customers to call first, with their reasons."""
	currency = definitions.money.currency
	chosen = figures.calls
	title = "Twenty customers to call first" if len(chosen) == CALLS else "Customers to call first"
	if chosen.empty:
		return _section(title, "Nobody: no customer At Risk or on Watch has revenue to lose.", None)
	share = numbers.percent(chosen["money_at_risk"].sum(), figures.totals["money_at_risk"])
	note = (
		"Customers At Risk or on Watch with the most money at risk: revenue × (100 − score) %. "
		f"These {len(chosen)} hold {share} of all money at risk. Amounts in {currency}."
	)
	head = _head(
		"",
		"Customer",
		"Health",
		("Money at risk", "right"),
		("Overdue", "right"),
		("Open issues", "right"),
		"Why",
	)
	rows = [_call_row(rank, row) for rank, (_, row) in enumerate(chosen.iterrows(), start=1)]
	return _section(title, note, element("table", head, element("tbody", rows), class_="stack calls"))


def _call_row(rank: int, row: pd.Series) -> Markup:
	name = text(row["customer_name"]) or text(row["customer"])
	details = [text(row["customer"]) if text(row["customer"]) != name else ""]
	details += [text(row[field]) for field in ("segment", "territory")]
	health = [
		band_name(text(row["band"])),
		element("span", f"{numbers.score(row['score'])} of 100", class_="under"),
	]
	money = [
		element("strong", numbers.amount(row["money_at_risk"])),
		element("span", f"of {numbers.amount(row['revenue'])}", class_="under"),
	]
	return element(
		"tr",
		element("td", rank, class_="rank"),
		element(
			"th",
			element("span", name, class_="name"),
			element("span", " · ".join(filter(None, details)), class_="under"),
			element("span", text(row["account_manager"]), class_="under"),
			scope="row",
		),
		_cell("Health", element("div", health)),
		_cell("Money at risk", element("div", money), "right"),
		_cell("Overdue", numbers.amount(row["overdue"]), "right"),
		_cell("Open issues", numbers.count(row["open_issues"]), "right"),
		_cell("Why", element("div", _why(row)), "why wide"),
	)


def _why(row: pd.Series) -> list[Markup]:
	limited = text(row["cap_reason"])
	reasons = [f"Score limited: {limited}"] if limited else []
	against = element("ul", [element("li", reason) for reason in [*reasons, *row["lowers"]]])
	praise = (
		element("span", "Good: ", "; ".join(row["lifts"]), class_="under") if row["lifts"] else Markup("")
	)
	return [against, praise]


def text(value: object) -> str:
	"""A value of a frame as text; nothing for None and NaN."""
	return "" if value is None or value != value else str(value)


def _both(number: str, share: str) -> Markup:
	return element("td", number, element("span", share, class_="under"), class_="right")


def _cell(label: str, content: Content, class_: str | None = None) -> Markup:
	return element("td", content, class_=class_, data_label=label)


def _head(*names: str | tuple[str, str]) -> Markup:
	pairs = [name if isinstance(name, tuple) else (name, None) for name in names]
	return element(
		"thead", element("tr", [element("th", name, scope="col", class_=kind) for name, kind in pairs])
	)


def _section(title: str, note: str, content: Content, **attributes: object) -> Markup:
	return element(
		"section", element("h2", title), element("p", note, class_="note"), join([content]), **attributes
	)
