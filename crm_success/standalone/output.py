"""Writes files that appear complete or not at all, for their owner alone, whatever is in them."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crm_success.standalone.command_errors import CommandError, one_line

_PREFIX = ".crm-success-"
# figures of customers: for whoever ran the command, until they say otherwise
_OWNER_ONLY = 0o600
# the process that works in it, and what mkdtemp adds
_WORKSHOP = re.compile(re.escape(_PREFIX) + r"(?P<process>[1-9]\d*)-\w{8}")


@contextmanager
def whole_files(directory: Path, names: tuple[str, ...]) -> Iterator[Path]:
	"""A folder to write the named files in; at the end they move into `directory`, on an error nothing stays behind."""
	created = _first_missing(directory)
	try:
		workshop = _open_workshop(directory, names)
	except OSError as error:
		_remove(created)
		raise _not_writable(directory, error) from error
	finished = False
	try:
		yield workshop
		for name in names:
			(workshop / name).chmod(_OWNER_ONLY)
			# within one file system, so each file changes in one step
			(workshop / name).replace(directory / name)
		finished = True
	except OSError as error:
		raise _not_writable(directory, error) from error
	finally:
		shutil.rmtree(workshop, ignore_errors=True)
		if not finished:
			_remove(created)


def _open_workshop(directory: Path, names: tuple[str, ...]) -> Path:
	directory.mkdir(parents=True, exist_ok=True)
	for name in names:
		if (directory / name).is_dir():
			raise IsADirectoryError(f"{name} in it is a folder")
	_sweep(directory)
	return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=directory))


def _sweep(directory: Path) -> None:
	"""Remove the folders of runs that were killed; the folder of a run that still works is left alone."""
	# a folder that may be written to but not listed is no reason to stop
	with suppress(OSError):
		for path in list(directory.iterdir()):
			name = _WORKSHOP.fullmatch(path.name)
			if name and path.is_dir() and not path.is_symlink() and not _is_alive(int(name["process"])):
				shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
	if os.name != "posix":
		# elsewhere asking with os.kill would end the process
		return True
	try:
		os.kill(process, 0)
	except ProcessLookupError:
		return False
	except (PermissionError, OverflowError):
		return True
	return True


def _first_missing(directory: Path) -> Path | None:
	"""The topmost folder that has to be made, so that it can be removed again."""
	missing = [path for path in (directory, *directory.parents) if not path.exists()]
	return missing[-1] if missing else None


def _remove(created: Path | None) -> None:
	if created is not None:
		shutil.rmtree(created, ignore_errors=True)


def _not_writable(directory: Path, error: OSError) -> CommandError:
	reason = error.strerror or one_line(error)
	return CommandError(
		f"Cannot write to {directory}: {reason}. Give a folder that you may write to with --output."
	)
