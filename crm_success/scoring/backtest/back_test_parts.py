"""What a batch of a back-test keeps of its customers until all are done: packed tightly, without their names.

A table of its own holds a row a batch. Computes nothing.
"""

import base64
import io
from collections.abc import Iterator, Sequence

import frappe
import numpy as np
import pandas as pd

from crm_success.record_names import BACK_TEST_PART

# the words of a column, each once; the column itself holds their places, -1 for none
_WORDS = "words."
_TEXTS = ("band", "stage", "segment", "scorecard")


def pack(frames: Sequence[pd.DataFrame]) -> str:
	"""One frame a date, in order, as a text."""
	arrays = {
		f"{place}.{name}": array for place, frame in enumerate(frames) for name, array in _arrays(frame)
	}
	packed = io.BytesIO()
	np.savez_compressed(packed, allow_pickle=False, **arrays)
	return base64.b64encode(packed.getvalue()).decode()


def unpack(text: str, place: int) -> pd.DataFrame:
	"""The frame of a date, by its place in the order; its customers have numbers for names."""
	with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as arrays:
		prefix = f"{place}."
		found = {name.removeprefix(prefix): arrays[name] for name in arrays.files if name.startswith(prefix)}
	return pd.DataFrame({name: _column(name, found) for name in found if not name.startswith(_WORDS)})


def keep_part(back_test: str, batch_no: int, packed: str) -> None:
	"""Keep what a batch found in place of what an earlier attempt at it found, without committing."""
	frappe.db.delete(BACK_TEST_PART, {"back_test": back_test, "batch_no": batch_no})
	row = frappe.new_doc(BACK_TEST_PART)
	row.update({"back_test": back_test, "batch_no": batch_no, "packed": packed})
	row.db_insert()


def kept_frame(back_test: str, place: int) -> pd.DataFrame:
	"""All customers of a date, by its place in the order; the batches' own order."""
	frames = list(_frames(back_test, place))
	return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _frames(back_test: str, place: int) -> Iterator[pd.DataFrame]:
	names = frappe.get_all(BACK_TEST_PART, {"back_test": back_test}, pluck="name", order_by="batch_no")
	# one by one: all of them at once would be the largest thing in memory
	for name in names:
		yield unpack(frappe.db.get_value(BACK_TEST_PART, name, "packed"), place)


def _arrays(frame: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
	for name in frame.columns:
		if name in _TEXTS:
			places, words = pd.factorize(frame[name], sort=True)
			yield name, places.astype("int16")
			yield f"{_WORDS}{name}", np.array([str(word) for word in words], dtype="U")
		else:
			yield name, frame[name].to_numpy()


def _column(name: str, found: dict[str, np.ndarray]) -> np.ndarray:
	if name not in _TEXTS:
		return found[name]
	# a place of -1, for none, is the last of these
	words = np.array([*found[f"{_WORDS}{name}"], None], dtype=object)
	return words[found[name]]
