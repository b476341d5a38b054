"""The report page: complete, escaped, self-contained."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

from scored_frames import component, customer, definitions, frame, many

from crm_success.standalone.csv_columns import COLUMNS
from crm_success.standalone.quality import DataWarning
from crm_success.standalone.report import Collector, Report, render
from crm_success.standalone.report.numbers import NOTHING, percent, short_amount

AS_OF = date(2026, 1, 31)
HOSTILE = "<img src=x onerror=alert(1)>\"'"
TEMPLATE_CODE = '<script>{{ 7*7 }}</script>{% raw %}{# "gone" #}\' &amp;'


def page(*batches, warnings=(), source="SQLite file erp.db", strategies=None, with_definitions=None):
	collector, known = Collector(), with_definitions or definitions()
	for batch in batches:
		collector.add(batch)
	return render(Report(collector.figures(known), known, AS_OF, source, warnings, strategies or {}))


class Tags(HTMLParser):
	"""Collects tags and texts, and fails where a tag closes that is not open."""

	def __init__(self):
		super().__init__()
		self.open, self.seen, self.texts = [], [], []

	def handle_data(self, data):
		self.texts.append(data)

	def handle_starttag(self, tag, attrs):
		self.seen.append((tag, dict(attrs)))
		if tag != "meta":
			self.open.append(tag)

	def handle_startendtag(self, tag, attrs):
		self.seen.append((tag, dict(attrs)))

	def handle_endtag(self, tag):
		assert self.open.pop() == tag


def parsed(html):
	parser = Tags()
	parser.feed(html)
	parser.close()
	assert parser.open == []
	return parser


def tags_of(html):
	return parsed(html).seen


def test_names_that_are_template_code_come_out_as_text():
	known = definitions()
	first, *others = known.metrics
	known = replace(
		known,
		metrics=(replace(first, label=f"Metric {TEMPLATE_CODE}"), *others),
		segments=(*known.segments, replace(known.segments[0], name=f"Segment {TEMPLATE_CODE}")),
	)
	row = customer(
		customer_name=f"Customer {TEMPLATE_CODE}",
		segment=f"Segment {TEMPLATE_CODE}",
		components={first.key: component(50.0)},
	)
	texts = parsed(page(frame(row), with_definitions=known)).texts
	for what in ("Customer", "Metric", "Segment"):
		assert f"{what} {TEMPLATE_CODE}" in texts


def test_values_in_attributes_are_escaped():
	html = page(frame(customer(band=f"Band {TEMPLATE_CODE}")))
	(words,) = (
		names["aria-label"] for _, names in tags_of(html) if "donut" in (names.get("class") or "").split()
	)
	assert f"Band {TEMPLATE_CODE} 100 %" in words


def test_control_characters_and_lone_surrogates_become_spaces():
	html = page(frame(customer(customer_name="a\x00b\ud83dc", lowers=["d\x1be"])))
	assert b">a b c</span>" in html.encode("utf-8")
	assert "<li>d e</li>" in html


def test_nothing_from_the_data_becomes_markup():
	texts = (
		"customer",
		"customer_name",
		"territory",
		"account_manager",
		"segment",
		"stage",
		"activity",
		"value_class",
		"cap_reason",
	)
	row = customer(**dict.fromkeys(texts, HOSTILE), lowers=[HOSTILE], lifts=[HOSTILE])
	html = page(
		frame(row),
		warnings=[DataWarning(HOSTILE, 9, (HOSTILE,))],
		source=HOSTILE,
		strategies={HOSTILE: HOSTILE},
	)
	assert "<img" not in html
	assert "img" not in {tag for tag, _ in tags_of(html)}
	assert html.count("&lt;img src=x onerror=alert(1)&gt;") > 10


def test_page_is_well_formed_and_needs_no_network():
	html = page(many(60), warnings=[DataWarning("Two invoices have no customer.", 2, ("SINV-1",))])
	tags = tags_of(html)
	assert {"script", "link", "img", "iframe", "base", "form"}.isdisjoint(tag for tag, _ in tags)
	assert {"src", "xlink:href", "action"}.isdisjoint(name for _, names in tags for name in names)
	assert {names["href"] for _, names in tags if "href" in names} == {"#warnings"}
	assert "//" not in html
	assert "@import" not in html
	assert set(re.findall(r"url\((.*?)\)", html)) == {"#hatch-watch", "#hatch-at-risk"}


def test_same_customers_give_the_same_page_however_they_are_batched():
	everybody = many(100)
	assert page(everybody) == page(everybody.iloc[:7], everybody.iloc[7:90], everybody.iloc[90:])


def test_every_band_is_told_apart_by_a_sign_as_well_as_a_colour():
	html = page(many(60))
	for sign, band in (("●", "Healthy"), ("◆", "Watch"), ("▲", "At Risk")):
		assert f'aria-hidden="true">{sign}</span>{band}</span>' in html


def test_customers_to_call_show_reasons_and_the_reason_of_a_cap_first():
	row = customer(
		cap_reason="Half is overdue", lowers=["Overdue: 50 %, −7.5 points"], lifts=["Tenure, +1.0 points"]
	)
	html = page(frame(row))
	assert "<li>Score limited: Half is overdue</li><li>Overdue: 50 %, −7.5 points</li>" in html
	assert "Good: Tenure, +1.0 points" in html


def test_says_so_where_nobody_has_to_be_called():
	assert "Nobody: no customer At Risk or on Watch has revenue to lose." in page(
		frame(customer(band="Healthy", score=90.0))
	)


def test_what_is_expected_stands_beside_the_revenue_where_it_can_be_told():
	assert "net of returns; 1.23k expected in the next 90 days" in page(
		frame(customer(expected_spend=1234.0))
	)
	assert "expected in the next" not in page(frame(customer(expected_spend=None)))


def test_says_how_many_disabled_customers_it_leaves_out():
	html = page(
		frame(customer(customer_name="Left out", customer_disabled=1), customer(customer_name="Stays"))
	)
	assert "1 customer scored from what was known on 31 January 2026" in html
	assert "1 disabled customer is in health.csv only." in html
	assert "Left out" not in html
	assert "disabled customer" not in page(frame(customer()))


def test_a_report_on_customers_without_any_score_still_opens():
	html = page(
		frame(customer(score=None, band=None, segment=None, stage=None, revenue=0.0, components=None))
	)
	assert tags_of(html)
	assert "No purchases yet" in html


def test_explains_every_column_of_the_csv():
	html = page(many(5))
	for column in COLUMNS:
		assert f"<code>{column.name}</code>" in html


def test_warnings_say_how_many_more_there_are():
	html = page(many(5), warnings=[DataWarning("12 invoices have no customer.", 12, ("A", "B"))])
	assert "For example: A, B and 10 more" in html
	assert "See the 1 warning about the data" in html
	assert "None: everything was counted." in page(many(5))


def test_amounts_are_short_and_never_round_to_a_thousand_thousands():
	values = (0, 12.4, 999.4, 1_234, 45_600, 999_600, 1_234_567, 7.5e12, -2_500, float("nan"))
	words = [short_amount(value) for value in values]
	assert words == ["0", "12", "999", "1.23k", "45.6k", "1.00m", "1.23m", "7.50tn", "-2.50k", NOTHING]


def test_a_small_share_is_not_nothing():
	assert [percent(1, 1000), percent(0, 10), percent(1, 0), percent(1, 2)] == [
		"<1 %",
		"0 %",
		NOTHING,
		"50 %",
	]
