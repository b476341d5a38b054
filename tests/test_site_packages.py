"""A bench's environment, here a small one of its own, is completed or left as it is; pip has no index to ask."""

import shutil
import subprocess
import sys
from pathlib import Path

import pip
import pytest
from small_wheels import write_wheel

from tools.bench.packages import Packages
from tools.bench.services import SiteTestError


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
	"""An environment with a framework that pins `dates`, and newer wheels to be had."""
	for version in ("2.8", "4.0"):
		write_wheel(tmp_path, "dates", version)
	write_wheel(tmp_path, "tables", "2.3", "dates>=2.8")
	write_wheel(tmp_path, "tables", "3.1", "dates>=2.9")
	write_wheel(tmp_path, "framework", "15.0", "dates~=2.8.0")
	write_wheel(tmp_path, "freezer", "1.0", "dates>=2.7")
	monkeypatch.setenv("PIP_NO_INDEX", "1")
	monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
	packages = Packages(make_environment(tmp_path / "env"))
	packages.pip("install", "framework", "dates==2.8")
	return packages


def make_environment(folder: Path) -> Path:
	"""With a copy of this environment's pip, which is faster than installing one."""
	subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
	(libraries,) = folder.glob("lib/python3*/site-packages")
	shutil.copytree(Path(pip.__file__).parent, libraries / "pip")
	return folder / "bin/python"


def installed(packages: Packages) -> set[str]:
	lines = packages.pip("list", "--format", "freeze").stdout.splitlines()
	return {line for line in lines if not line.startswith(("pip", "setuptools", "wheel"))}


def test_requirements_that_move_nothing_are_installed(packages: Packages, tmp_path: Path):
	packages.install(["tables>=2,<3"], tmp_path / "trial")
	assert installed(packages) == {"framework==15.0", "dates==2.8", "tables==2.3"}
	assert packages.complaints() == set()
	assert not (tmp_path / "trial").exists()


def test_requirements_that_move_a_pinned_package_are_refused_before_anything_is_changed(
	packages: Packages, tmp_path: Path
):
	with pytest.raises(SiteTestError, match=r"framework 15\.0 has requirement dates"):
		packages.install(["tables>=2,<4"], tmp_path / "trial")
	assert installed(packages) == {"framework==15.0", "dates==2.8"}
	assert packages.complaints() == set()
	assert not (tmp_path / "trial").exists()


def test_an_environment_that_complained_before_may_go_on_doing_so(packages: Packages, tmp_path: Path):
	packages.pip("install", "dates==4.0")
	packages.install(["tables>=2,<4"], tmp_path / "trial")
	assert installed(packages) == {"framework==15.0", "dates==4.0", "tables==3.1"}


def test_what_tests_need_stands_beside_the_environment(packages: Packages, tmp_path: Path):
	beside = tmp_path / "beside"
	packages.complete(beside, ["freezer>=1,<2", "dates>=2"])
	assert [path.name for path in beside.glob("*.dist-info")] == ["freezer-1.0.dist-info"]
	assert installed(packages) == {"framework==15.0", "dates==2.8"}
	(tmp_path / "freezer-1.0-py3-none-any.whl").unlink()
	packages.complete(beside, ["freezer>=1,<2"])


def test_nothing_stands_beside_an_environment_that_has_it(packages: Packages, tmp_path: Path):
	packages.complete(tmp_path / "beside", ["dates>=2"])
	assert not (tmp_path / "beside").exists()


def test_what_pip_cannot_find_is_said_in_its_words(packages: Packages, tmp_path: Path):
	with pytest.raises(SiteTestError, match="No matching distribution found for unheard-of"):
		packages.complete(tmp_path / "beside", ["unheard-of>=1"])
