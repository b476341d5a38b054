"""Asks Frappe's public semgrep rules about the app, where they are at hand. Brings no rules: they are Frappe's.

FRAPPE_SEMGREP_RULES names their folder. semgrep is taken from the path, or installed into .venv/semgrep.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
RULES = "FRAPPE_SEMGREP_RULES"
OWN = CHECKOUT / ".venv/semgrep"
REQUIREMENT = "semgrep>=1.100,<2"
INSTEAD = "tests/test_marketplace_rules.py checks the same kinds."


def main() -> int:
	"""The exit code of semgrep, 1 where a rule is broken; 0 where it cannot be asked, with a word on why."""
	named = os.environ.get(RULES)
	rules = Path(named or CHECKOUT / "semgrep-rules/rules").expanduser()
	if not any(rules.glob("*.yml")):
		if named:
			print(f"Frappe's semgrep rules: {RULES} is {named}, and no rules are there.", file=sys.stderr)
			return 2
		print(f"Frappe's semgrep rules: skipped, {RULES} does not name a folder with them. {INSTEAD}")
		return 0
	semgrep = find_semgrep()
	if not semgrep:
		print(f"Frappe's semgrep rules: skipped, {REQUIREMENT} cannot be installed. {INSTEAD}")
		return 0
	return ask(semgrep, rules)


def find_semgrep() -> str | None:
	"""The command, installed if need be: beside this project's own packages, whose versions it would move."""
	own = OWN / "bin/semgrep"
	found = shutil.which("semgrep") or (str(own) if own.exists() else None)
	if found:
		return found
	made = subprocess.run([sys.executable, "-m", "venv", OWN], check=False, capture_output=True)
	pip = [OWN / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
	done = made.returncode or subprocess.run([*pip, REQUIREMENT], check=False).returncode
	return None if done else str(own)


def ask(semgrep: str, rules: Path) -> int:
	"""What is wrong goes to the terminal. Asks no server, and tells none."""
	options = ["--metrics=off", "--disable-version-check", "--error", "--quiet", "--config", str(rules)]
	environment = {**os.environ, "SEMGREP_SETTINGS_FILE": str(OWN.with_name("semgrep-settings.yml"))}
	path = f"{Path(semgrep).parent}{os.pathsep}{environment.get('PATH', '')}"
	done = subprocess.run(
		[semgrep, "scan", *options, "crm_success"],
		cwd=CHECKOUT,
		env={**environment, "PATH": path},
		check=False,
	)
	return done.returncode


if __name__ == "__main__":
	sys.exit(main())
