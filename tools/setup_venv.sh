#!/usr/bin/env bash
# Makes .venv with any Python >= 3.10 and installs this project into it, editable.
# Usage: setup_venv.sh REQUIREMENT   ('.[mysql,postgresql]' or '.[dev]'). Installs nothing outside .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }
has() { "$1" -c "import $2" >/dev/null 2>&1; }

find_python() {
	local candidate
	for candidate in ${PYTHON:-python3.12 python3.11 python3.10 python3.13 python3.14 python3 python}; do
		if fits "$candidate" && has "$candidate" venv && { has "$candidate" ensurepip || has "$candidate" pip; }; then
			echo "$candidate"
			return
		fi
	done
	for candidate in ${PYTHON:-python3.12 python3.11 python3.10 python3.13 python3.14 python3 python}; do
		if fits "$candidate"; then
			echo "$("$candidate" -V) is here, but it can make no virtual environment." >&2
			echo "Install its venv module (Debian and Ubuntu: apt install python3-venv) and run make again." >&2
			return 1
		fi
	done
	echo "Python 3.10 or newer is needed and was not found${PYTHON:+ at $PYTHON}." >&2
	echo "Install it, or name it: make PYTHON=/path/to/python3 ..." >&2
	return 1
}

make_venv() {
	if has "$1" ensurepip; then
		"$1" -m venv --clear .venv
	else
		# Debian splits ensurepip off; a pip outside the environment can fill it.
		"$1" -m venv --clear --without-pip .venv
		"$1" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check pip
	fi
}

# no PYTHON named, or the one that is in .venv
wanted() { [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" -V 2>&1)" = "$(.venv/bin/python -V 2>&1)" ]; }

if ! { fits .venv/bin/python && has .venv/bin/python pip && wanted; }; then
	python=$(find_python)
	echo "making .venv with $("$python" -V)"
	make_venv "$python"
fi
echo "installing $1 and what it needs into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$1"
