"""Which texts a browser would take for HTML, and which only look a little like it."""

import pytest

from crm_success.record_checks.markup import markup_in, without_markup


@pytest.mark.parametrize(
	("text", "markup"),
	[
		("<img src=x onerror=alert(1)>", "<img"),
		('"<img src=x onerror=alert(1)>"', "<img"),
		("half a tag, which the page around it ends: <svg onload=alert(1) ", "<svg"),
		("</p", "</p"),
		("<!-- hidden", "<!"),
		("<?php", "<?"),
		(r'"\u003cimg src=x\u003e"', "<img"),
		(r'["\\u003Cimg"]', "<img"),
		(r'"\u005cu003cimg"', "<img"),
		(r'"<\u0069mg"', "<img"),
		(r'"<\/p"', "</p"),
		("a<b", "<b"),
		("a < b and b > c", ""),
		("<= 5, <5 employees, <3, -> next, <> other", ""),
		('[["days", "<", 5], ["days", "<=", 9], ["name", "like", "%<5%"]]', ""),
		(r'"\u003c= 5"', ""),
		("&lt;img&gt;", ""),
		("", ""),
	],
)
def test_what_counts_as_markup(text: str, markup: str):
	assert markup_in(text) == markup


def test_a_name_with_markup_loses_its_brackets_and_no_other():
	assert without_markup("Anna <img src=x> & Sons") == "Anna (img src=x) & Sons"
	assert without_markup("A < B > C & Sons") == "A < B > C & Sons"
