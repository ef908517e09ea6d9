"""`pip install --no-build-isolation .`: builds `_core` and libledgerlab.so with CMake and puts them,
with the scenarios and data that runs need, into the package. Debian packages: ./lab python."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


class CMakeBuild(build_ext):
    """One "extension", which CMake builds; everything lands in the package's folder."""

    def build_extension(self, ext: Extension) -> None:
        package = Path(self.get_ext_fullpath(ext.name)).resolve().parent
        build = Path(os.environ.get("LEDGERLAB_PIP_BUILD", Path(self.build_temp).resolve()))
        build.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cmake", "-S", str(ROOT), "-B", str(build), "-G", "Ninja",
                        "-DCMAKE_BUILD_TYPE=Release", "-DLEDGERLAB_PYTHON=ON",
                        f"-DPython_EXECUTABLE={sys.executable}",
                        "-DCMAKE_INSTALL_LIBDIR=lib"], check=True)
        jobs = os.environ.get("LEDGERLAB_JOBS") or str(os.cpu_count() or 1)
        subprocess.run(["cmake", "--build", str(build), "-j", jobs, "--target", "_core"], check=True)
        stage = build / "stage"
        shutil.rmtree(stage, ignore_errors=True)
        subprocess.run(["cmake", "--install", str(build), "--component", "python",
                        "--prefix", str(stage)], check=True)
        shutil.copytree(stage / "ledgerlab", package, dirs_exist_ok=True)


setup(ext_modules=[Extension("ledgerlab._core", sources=[])], cmdclass={"build_ext": CMakeBuild})
