"""Every script of the desk is at least JavaScript. Needs node, which each bench has; skipped where there is none."""

import shutil
import subprocess
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "crm_success"
SCRIPTS = sorted(APP.rglob("*.js"))


@pytest.mark.skipif(not shutil.which("node"), reason="install Node.js to check the desk's scripts")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_can_be_parsed(script: Path):
	done = subprocess.run(["node", "--check", str(script)], capture_output=True, text=True, check=False)
	assert not done.returncode, done.stderr
