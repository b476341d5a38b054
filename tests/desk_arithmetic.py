"""Asks the desk's scripts that only compute, in Node, and reads the cases that they share with the engine."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
SCRIPTS = TESTS.parent / "crm_success/public/js"
# what these scripts ask of the desk
DESK = """
globalThis.frappe = { provide: (name) => name.split(".").reduce((place, part) => (place[part] ??= {}), globalThis) };
globalThis.frappe.datetime = { str_to_user: (day) => day };
globalThis.flt = (value) => Number(value) || 0;
globalThis.__ = (text, values = []) => text.replace(/{(\\d)}/g, (place, number) => values[number] ?? place);
globalThis.format_number = (value, format, digits) =>
	value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
globalThis.format_currency = (value, currency, digits) => `${format_number(value, null, digits)} ${currency}`;
"""

needs_node = pytest.mark.skipif(
	not shutil.which("node"), reason="install Node.js to check the desk's scripts"
)


def cases(name: str) -> list[Any]:
	"""The cases of that file, each under its own name."""
	read = json.loads((TESTS / "cases" / f"{name}.json").read_text())
	return [pytest.param(case, id=case["name"]) for case in read]


def answer(scripts: str | tuple[str, ...], function: str, *arguments: Any) -> Any:
	"""What a function, written in JavaScript, answers to these arguments, at once or later, once the scripts are there."""
	scripts = (scripts,) if isinstance(scripts, str) else scripts
	asked = f"({function})(...JSON.parse(require('fs').readFileSync(0)))"
	call = f"Promise.resolve({asked}).then((given) => console.log(JSON.stringify(given)));"
	program = DESK + "".join((SCRIPTS / script).read_text() for script in scripts) + call
	command, question = ["node", "-e", program], json.dumps(arguments)
	done = subprocess.run(command, input=question, capture_output=True, text=True, check=False)
	assert not done.returncode, done.stderr
	return json.loads(done.stdout)
