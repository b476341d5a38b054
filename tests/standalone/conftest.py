"""What the tests of the command share."""

import pytest

from crm_success.standalone.cli import main


@pytest.fixture
def run(capsys):
	"""Runs the command; returns its exit code, and what it said on both outputs."""

	def run(*arguments):
		with pytest.raises(SystemExit) as end:
			main([str(argument) for argument in arguments])
		said = capsys.readouterr()
		return end.value.code, said.out, said.err

	return run
