"""A limit on what may be computed: processor time of this process, so that a busy machine breaks no test."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TooSlow(Exception):
	"""The limit was reached."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
	"""Raises TooSlow in the middle of whatever runs after so many seconds of processor time."""

	def give_up(*_: object) -> None:
		raise TooSlow(f"not finished after {seconds:g} seconds of processor time")

	before = signal.signal(signal.SIGVTALRM, give_up)
	signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
	try:
		yield
	finally:
		signal.setitimer(signal.ITIMER_VIRTUAL, 0)
		signal.signal(signal.SIGVTALRM, before)
