"""The errors of the scoring core. Only the desk's endpoints, jobs and commands turn them into words for people."""


class ScoringError(Exception):
	"""Anything the core refuses; its text says what is wrong and what would be right."""


class DefinitionError(ScoringError):
	"""A metric, scorecard or segment that cannot be used as it is."""


class ExpressionError(DefinitionError):
	"""A formula that is not allowed, does not parse or names what does not exist."""


class SourceError(ScoringError):
	"""A table or a column that the database does not have."""
