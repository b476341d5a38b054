"""A disk that is full before the files are written: one clear line, and what was there before stays as it was."""

import os
import resource
import subprocess
import sys

import pytest
from small_erp import write

OLD = "from the run before"


@pytest.fixture
def output(tmp_path):
	"""A folder with the files of an earlier run."""
	folder = tmp_path / "out"
	folder.mkdir()
	for name in ("health.csv", "report.html", "erpnext.db"):
		(folder / name).write_text(OLD)
	return folder


@pytest.fixture
def small_disk(tmp_path):
	"""A separate file system with almost no room on it; needs root."""
	folder = tmp_path / "disk"
	folder.mkdir()
	mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
	if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
		pytest.skip("only root can make a file system, and not in every container")
	yield folder
	subprocess.run(["umount", folder], check=True)


def run(*arguments, most_bytes=resource.RLIM_INFINITY):
	def limit():
		resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

	command = [sys.executable, "-m", "crm_success.standalone", *map(str, arguments)]
	return subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, timeout=120)


def assert_old_files(folder):
	assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(
		("health.csv", "report.html", "erpnext.db"), OLD
	)


def last_line(result):
	assert (result.returncode, result.stdout) == (2, ""), result.stderr
	assert "Traceback" not in result.stderr
	return result.stderr.strip().splitlines()[-1]


# within the first lines of health.csv, and within report.html
@pytest.mark.parametrize("most_bytes", [50, 20_000])
def test_score_on_a_disk_that_is_full(tmp_path, output, most_bytes):
	erp = write(tmp_path / "erp.db")
	result = run("score", "--database", f"sqlite:///{erp}", "--output", output, most_bytes=most_bytes)
	assert last_line(result).startswith(f"Error: Cannot write to {output}: File too large.")
	assert_old_files(output)


def test_demo_on_a_disk_that_is_full(output):
	result = run("demo", "--customers", 30, "--output", output, most_bytes=50_000)
	assert last_line(result).startswith(f"Error: Cannot write to {output}: ")
	assert_old_files(output)


def test_a_file_system_without_room(tmp_path, small_disk):
	erp = write(tmp_path / "erp.db")
	(small_disk / "filling").write_bytes(b"x" * 60_000)
	result = run("score", "--database", f"sqlite:///{erp}", "--output", small_disk / "out")
	assert "No space left on device" in last_line(result)
	assert [path.name for path in small_disk.iterdir()] == ["filling"]
