"""Wheels that hold nothing but their names, versions and requirements, for tests of what pip does with them."""

import zipfile
from pathlib import Path


def write_wheel(folder: Path, name: str, version: str, *requirements: str) -> None:
	"""Into `folder`, for pip's --find-links."""
	information = f"{name}-{version}.dist-info"
	metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requirements)]
	with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
		wheel.writestr(f"{information}/METADATA", "\n".join(["Metadata-Version: 2.1", *metadata, ""]))
		wheel.writestr(
			f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
		)
		wheel.writestr(f"{information}/RECORD", "")
