"""The wheel, built, installed beside the libraries of this environment, and run outside the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import linkage

ROOT = Path(__file__).parents[2]
PACKAGED = ("linkage", "pseudo", "configs", "pyproject.toml", "README.md", "LICENSE")

pytestmark = pytest.mark.wheel


@dataclass(frozen=True)
class Installed:
    """A wheel and the environment that it was installed into."""

    wheel: Path
    scripts: Path
    elsewhere: Path

    def run(self, *command: object) -> str:
        """Run a program of the environment outside the checkout; its stdout."""
        program, *arguments = map(str, command)
        done = subprocess.run(
            [self.scripts / program, *arguments], cwd=self.elsewhere, capture_output=True, text=True, env=environment()
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def environment() -> dict[str, str]:
    """The environment without anything that leads back to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def build_wheel(folder: Path) -> Path:
    """Build from a copy, so that nothing is left in the checkout."""
    source = folder / "source"
    source.mkdir()
    for name in PACKAGED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(folder)
    venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    paths = sysconfig.get_paths(vars={"base": str(folder / "venv"), "platbase": str(folder / "venv")})
    target = Path(paths["purelib"])
    # The libraries of this environment, but not what its own .pth files lead to: the checkout.
    (target / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--python", scripts / "python", "install", "--no-deps", "--no-index",
               "--quiet", "--disable-pip-version-check", "--ignore-installed", wheel]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    (folder / "elsewhere").mkdir()
    return Installed(wheel, scripts, folder / "elsewhere")


def test_the_wheel_holds_code_types_and_configuration(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    configs = {
        f"linkage/configs/{p.relative_to(ROOT / 'configs').as_posix()}" for p in (ROOT / "configs").rglob("*.yaml")
    }
    assert {"linkage/py.typed", "pseudo/py.typed", "linkage/report/report.html.j2"} <= names
    assert len(configs) > 10 and configs <= names
    assert not [name for name in names if name.startswith(("tests/", "sample_data/", "configs/"))]


def test_what_runs_is_the_wheel(installed: Installed) -> None:
    where = installed.run("python", "-c", "import linkage, pseudo; print(linkage.__file__, pseudo.__file__, sep='\\n')")
    assert all(installed.scripts.parent in Path(line).parents for line in where.split("\n") if line)
    assert installed.run("cldlink", "--version").strip() == f"cldlink {linkage.__version__}"


def test_the_wheel_works_outside_the_checkout(installed: Installed) -> None:
    assert "v4.2" in installed.run("cldlink", "spec", "list")
    installed.run("cldlink", "synth", "--people", 300, "--synthetic", "--out", "world")
    built = installed.run("cldlink", "register", "build", "world/register.csv", "--out", "register")
    assert "people" in built
    installed.run("cldlink", "trace", "world/submissions/991_2022-23_Q4.csv", "--synthetic", "--register", "register",
                  "--out", "traced")  # fmt: skip
    assert (installed.elsewhere / "traced" / "trace.parquet").is_file()
