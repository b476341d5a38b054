"""The end of the report: how scores come about, warnings about the data, the columns of health.csv."""

from collections.abc import Sequence

import pandas as pd

from crm_success.scoring.engine.definitions import Definitions
from crm_success.standalone.columns import COLUMNS
from crm_success.standalone.quality import DataWarning
from crm_success.standalone.report import numbers, pictures
from crm_success.standalone.report.figures import Figures
from crm_success.standalone.report.markup import Markup, element


def life(figures: Figures) -> Markup:
	"""Customers by lifecycle stage, activity and value class."""
	groups = (
		("Lifecycle stage", figures.stages),
		("Activity", figures.activities),
		("Value class", figures.classes),
	)
	tables = [[element("h3", title), _bars(table)] for title, table in groups]
	return element("section", element("h2", "Where are they in their life with us?"), tables)


def _bars(table: pd.DataFrame) -> Markup:
	whole = table["customers"].sum()
	rows = [
		element(
			"tr",
			element("th", name, scope="row"),
			element(
				"td",
				element(
					"div",
					pictures.bar(row["customers"], whole),
					element(
						"span",
						f"{numbers.count(row['customers'])} · {numbers.percent(row['customers'], whole)}",
					),
					class_="meter",
				),
			),
		)
		for name, row in table.iterrows()
	]
	return element("table", element("tbody", rows), class_="life")


def metrics(figures: Figures, definitions: Definitions) -> Markup:
	"""What is measured, what it weighs and how customers do on average, weakest first."""
	weighted = figures.metrics[figures.metrics["weight"] > 0].sort_values("points", kind="stable")
	rows = [
		_metric_row(definitions, str(key), row, figures.totals["scored"]) for key, row in weighted.iterrows()
	]
	names = (
		("Metric", None),
		("Average points", None),
		("Weight", "right"),
		("Customers with a value", "right"),
	)
	head = element("tr", [element("th", name, scope="col", class_=kind) for name, kind in names])
	note = (
		"Each metric gives 0 to 100 points; a score is their weighted mean inside each dimension and then over the "
		"dimensions. Weakest metric first. The weight is the average share of a customer's whole score."
	)
	table = element("table", element("thead", head), element("tbody", rows), class_="stack parts")
	return element(
		"section", element("h2", "What the scores are made of"), element("p", note, class_="note"), table
	)


def _metric_row(definitions: Definitions, key: str, row: pd.Series, scored: float) -> Markup:
	metric = definitions.metric(key)
	bar = pictures.bar(row["points"], 100)
	return element(
		"tr",
		element(
			"th",
			element("span", metric.label, class_="name"),
			element("span", metric.dimension, class_="under"),
			scope="row",
		),
		element(
			"td",
			element("div", bar, element("span", numbers.score(row["points"])), class_="meter"),
			data_label="Average points",
		),
		element("td", f"{row['weight']:.1f} %", class_="right", data_label="Weight"),
		element(
			"td",
			f"{numbers.count(row['customers'])} · {numbers.percent(row['customers'], scored)}",
			class_="right",
			data_label="Customers with a value",
		),
	)


def alert(warnings: Sequence[DataWarning]) -> Markup | None:
	"""One line at the top where the data has something to warn about."""
	if not warnings:
		return None
	words = numbers.plural(len(warnings), "warning about the data", "warnings about the data")
	link = element("a", f"See the {words}", href="#warnings")
	said = element("p", element("strong", "⚠ Some data was left out or looks doubtful. "), link, ".")
	return element("section", said, class_="alert")


def warnings_section(warnings: Sequence[DataWarning]) -> Markup:
	"""All warnings, with a few examples each."""
	items = [element("li", _warning(warning)) for warning in warnings]
	content = (
		element("ul", items, class_="warnings") if items else element("p", "None: everything was counted.")
	)
	return element("section", element("h2", "Warnings about the data"), content, id="warnings")


def _warning(warning: DataWarning) -> list[Markup | str | None]:
	if not warning.examples:
		return [warning.text]
	left = warning.count - len(warning.examples)
	more = f" and {numbers.count(left)} more" if left > 0 else ""
	return [warning.text, element("span", "For example: ", ", ".join(warning.examples), more, class_="under")]


def columns() -> Markup:
	"""The meaning of the columns of health.csv."""
	rows = [
		element(
			"tr",
			element("th", element("code", column.name), scope="row"),
			element("td", column.unit, data_label="Unit" if column.unit else None),
			element("td", column.meaning),
		)
		for column in COLUMNS
	]
	head = element("tr", [element("th", name, scope="col") for name in ("Column", "Unit", "Meaning")])
	table = element("table", element("thead", head), element("tbody", rows), class_="stack")
	return element("section", element("details", element("summary", "The columns of health.csv"), table))
