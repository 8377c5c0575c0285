import subprocess
import sys

PROBE = """
import importlib, pkgutil, sys
import apollo_spark.workers as package
for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
    importlib.import_module(module.name)
standard = set(sys.stdlib_module_names) | set(sys.builtin_module_names)
# What pyarrow's Cython modules register has no file and is not a package of anybody.
loaded = {name.split(".")[0] for name, module in sys.modules.items()
          if name not in before and getattr(module, "__file__", None)}
print(*sorted(name for name in loaded - standard if not name.startswith("_")))
print(*sorted(name for name in sys.modules if name.startswith("apollo_spark")))
"""


def test_what_runs_in_a_task_loads_only_numpy_and_pyarrow() -> None:
    code = f"import sys; before = set(sys.modules)\n{PROBE}"

    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    loaded, own = answer.stdout.splitlines()
    assert loaded.split() == ["apollo_spark", "numpy", "pyarrow"]
    assert {name for name in own.split() if not name.startswith("apollo_spark.workers")} == {
        "apollo_spark",
        "apollo_spark.version",
    }
