"""Output files appear whole or not at all."""

import os
import stat
import subprocess
import sys

import pytest

from crm_success.standalone.command_errors import CommandError
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


@pytest.mark.skipif(os.name != "posix", reason="permissions are others there")
def test_files_are_for_their_owner_alone_also_where_others_could_read_them_before(tmp_path):
	(tmp_path / "a.txt").write_text("before")
	(tmp_path / "a.txt").chmod(0o644)
	before = os.umask(0)
	try:
		with whole_files(tmp_path, ("a.txt", "b.txt")) as folder:
			for name in ("a.txt", "b.txt"):
				(folder / name).write_text("whole")
	finally:
		os.umask(before)
	assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.txt", "b.txt")} == {0o600}


@pytest.fixture
def dead():
	"""The id of a process that has ended."""
	process = subprocess.Popen([sys.executable, "-c", ""])
	process.wait()
	return process.pid


def test_the_folder_to_write_in_names_its_process(tmp_path):
	with pytest.raises(ZeroDivisionError), whole_files(tmp_path, ()) as folder:
		assert folder.name.startswith(f".crm-success-{os.getpid()}-")
		raise ZeroDivisionError


@pytest.mark.skipif(os.name != "posix", reason="no harmless way to ask whether a process is alive")
def test_what_a_killed_run_left_is_taken_away(tmp_path, dead):
	left = tmp_path / f".crm-success-{dead}-abc_1234"
	left.mkdir()
	(left / "health.csv").write_text("half")
	with whole_files(tmp_path, ()):
		assert not left.exists()


def test_folders_of_others_and_of_runs_that_still_work_stay(tmp_path, dead):
	names = [
		f".crm-success-{os.getpid()}-abc_1234",
		f".crm-success-{10**30}-abc_1234",
		f".crm-success-{dead}",
		f".crm-success-{dead}-abc_1234-mine",
		".crm-success-abc_1234",
		f"crm-success-{dead}-abc_1234",
	]
	for name in names:
		(tmp_path / name).mkdir()
	file, link = tmp_path / f".crm-success-{dead}-a_file_1", tmp_path / f".crm-success-{dead}-a_link_1"
	file.write_text("mine")
	link.symlink_to(tmp_path / names[0], target_is_directory=True)
	with whole_files(tmp_path, ()):
		pass
	assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, file.name, link.name])
