"""Output files appear whole or not at all."""

import pytest

from crm_success.standalone.errors import CommandError
from crm_success.standalone.output import whole_files


def test_files_appear_at_the_end_in_a_folder_that_is_made(tmp_path):
	target = tmp_path / "new" / "deeper"
	with whole_files(target, ("a.txt",)) as folder:
		(folder / "a.txt").write_text("whole")
		assert not (target / "a.txt").exists()
	assert [path.name for path in target.iterdir()] == ["a.txt"]
	assert (target / "a.txt").read_text() == "whole"


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path):
	(tmp_path / "a.txt").write_text("before")
	with pytest.raises(ZeroDivisionError), whole_files(tmp_path, ("a.txt",)) as folder:
		(folder / "a.txt").write_text("half")
		raise ZeroDivisionError
	assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
	assert (tmp_path / "a.txt").read_text() == "before"


def test_a_failure_takes_away_the_folders_that_were_made(tmp_path):
	with pytest.raises(ZeroDivisionError), whole_files(tmp_path / "new" / "deeper", ("a.txt",)):
		raise ZeroDivisionError
	assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path):
	(tmp_path / "file").write_text("")
	target = tmp_path / "file" / "out"
	with pytest.raises(CommandError) as error, whole_files(target, ("a.txt",)):
		pass
	assert str(error.value) == (
		f"Cannot write to {target}: Not a directory. Give a folder that you may write to with --output."
	)


def test_a_folder_in_place_of_a_file_is_noticed_before_the_work(tmp_path):
	(tmp_path / "a.txt").mkdir()
	with pytest.raises(CommandError, match=r"a\.txt in it is a folder"), whole_files(tmp_path, ("a.txt",)):
		pytest.fail("the work began")
