"""The one error of the command: a line that says what is wrong and what to do about it."""


class CommandError(Exception):
	"""Ends the command with its text on one line and exit code 2."""


def one_line(error: object) -> str:
	"""What a library said, on one line and without a mark at its end."""
	return " ".join(str(error).split()).rstrip(".?!")
