"""The one error of the command: a line that says what is wrong and what to do about it."""


class CommandError(Exception):
	"""Ends the command with its text on one line and exit code 2."""


def one_line(error: object) -> str:
	"""The message of an error on one line, without punctuation at its end."""
	return " ".join(str(error).split()).rstrip(".?!")
