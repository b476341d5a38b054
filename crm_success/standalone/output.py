"""Files that appear whole or not at all. Knows nothing of what is in them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_success.standalone.errors import CommandError, one_line


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
	return Path(tempfile.mkdtemp(prefix=".crm-success-", dir=directory))


def _first_missing(directory: Path) -> Path | None:
	"""The topmost folder that has to be made, so that it can be taken away again."""
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
