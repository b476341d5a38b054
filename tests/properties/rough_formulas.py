"""Formulas as nobody should write them, and some as one may: endless, the same ones for the same seed."""

from collections.abc import Callable, Iterator
from random import Random

KEYS = ("a", "b", "c", "revenue_365d", "nowhere")
_NUMBERS = ("0", "1", "2", "0.5", "100", "1e3", "1e308", "5e-324", "00", "1_000", "0x1F", "1.", ".5")
_ARITHMETIC = ("+", "-", "*", "/")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_WORDS = (
	*KEYS,
	*_NUMBERS,
	*_ARITHMETIC,
	*_COMPARISONS,
	*(
		"min(",
		"max(",
		"abs(",
		"round(",
		"sum(",
		"(",
		")",
		",",
		"[",
		"]",
		"{",
		"}",
		".",
		":",
		":=",
		"=",
		";",
		"@",
	),
	*("if", "else", "and", "or", "not", "in", "is", "lambda", "for", "yield", "await", "None", "True", "..."),
	*(
		"//",
		"**",
		"%",
		"&",
		"|",
		"^",
		"~",
		"<<",
		">>",
		"'",
		'"',
		"'''",
		"f'{",
		"b'",
		"\\",
		"#",
		"`",
		"$",
		"?",
		"!",
	),
	*(
		"__class__",
		"__import__('os')",
		"__debug__",
		"1j",
		"inf",
		"nan",
		"\uff11",
		"ä",
		"\x00",
		"\x0c",
		"\u202e",
		"🙂",
	),
)
_HOSTILE = (
	"9**9**9",
	"9" * 499,
	"1e999999999",
	"a.__class__.__mro__[1].__subclasses__()",
	"(lambda: (yield))()",
	"(a := 9)",
	"[a for a in b]",
	"{**a}",
	"f'{a!r:>{b}}'",
	"f'{9**9}'",
	"'%s' % a",
	"'a' * 9999999999",
	"min(*a)",
	"min(**a)",
	"min(key=a, b=1)",
	"min()()",
	"(min)(a, b)",
	"min.real(a, b)",
	"round(a, 99999999999999999999)",
	"round(a, b)",
	"round(a, True)",
	"a if b",
	"a < b > c == a != 1 <= 2",
	"not not a",
	"1is 1",
	"'\\d'",
	"eval('1')",
	"exec(a)",
	"print(a)",
	"\ufeff1",
	"a\u00a0+ b",
	"\uff41 + b",
	"\ufb01",
	"\u0661\u0662",
	"\ud800",
	"a\x00b",
	"a;b",
	"a\\\n+ b",
	"(" * 200 + "a" + ")" * 200,
	"[" * 400,
	"a[" * 150 + "0" + "]" * 150,
	"-" * 490 + "a",
	"not " * 100 + "a",
	"~" * 400 + "a",
	"round(1, " + "-" * 480 + "1)",
	"a" * 500,
	"+".join("a" * 250),
	"<".join("a" * 250),
	"max(" * 90 + "a" + ")" * 90,
	"1 if a else " * 38 + "2",
	"lambda: " * 60 + "a",
	"abs(" * 24 + "a" + ")" * 24,
)


def rough_formulas(random: Random) -> Iterator[str]:
	"""One after the other, each of another kind than most before it."""
	kinds: tuple[Callable[[Random], str], ...] = (
		_good,
		_good,
		_good,
		_damaged,
		_damaged,
		_words,
		_characters,
		_hostile,
	)
	while True:
		yield random.choice(kinds)(random)


def good_formula(random: Random, parts: int) -> str:
	"""A formula that follows the rules, of at most about so many parts."""
	if parts <= 1:
		return random.choice(KEYS) if random.random() < 0.6 else random.choice(_NUMBERS)
	share = random.randint(1, parts - 1)
	left, right = good_formula(random, share), good_formula(random, parts - share)
	kind = random.randrange(8)
	if kind < 3:
		return f"({left} {random.choice(_ARITHMETIC)} {right})"
	if kind == 3:
		return f"({left} {random.choice(_COMPARISONS)} {right})"
	if kind == 4:
		return f"({left} if {right} else {good_formula(random, share)})"
	if kind == 5:
		return f"{random.choice(('min', 'max'))}({left}, {right})"
	if kind == 6:
		return f"round({left} - {right}, {random.randint(-7, 7)})"
	return f"-abs({left}) {random.choice(_ARITHMETIC)} {right} {random.choice(_COMPARISONS)} {left}"


def _good(random: Random) -> str:
	return good_formula(random, random.randint(1, 14))


def _damaged(random: Random) -> str:
	text = list(_good(random))
	for _ in range(random.randint(1, 4)):
		at = random.randrange(len(text) + 1)
		text[at : at + random.randint(0, 2)] = random.choice(("", random.choice(_WORDS)))
	return "".join(text)


def _words(random: Random) -> str:
	words = random.choices(_WORDS, k=random.randint(0, 30))
	return random.choice((" ", "")).join(words)


def _characters(random: Random) -> str:
	highest = random.choice((0x7F, 0xFF, 0xFFFF, 0x10FFFF))
	return "".join(chr(random.randint(0, highest)) for _ in range(random.randint(0, 60)))


def _hostile(random: Random) -> str:
	text = random.choice(_HOSTILE)
	return text if random.random() < 0.5 else f"{_good(random)} {random.choice(_ARITHMETIC)} {text}"
