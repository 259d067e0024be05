"""Seconds to a finished site: the main job, cold (nothing installed, nothing cached) and warm."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import Figures


def demo(root: Path) -> Figures:
    """`wrenchai demo --quick` twice in one directory: the first finds nothing, the second what the first left."""
    cold = _once(root)
    return {"demo.cold_s": round(cold, 1), "demo.warm_s": round(_once(root), 1)}


def _once(root: Path) -> float:
    began = time.perf_counter()
    argv = [sys.executable, "-m", "wrenchai", "demo", "--quick", "--no-keep", "--json", "--home", str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:] or json.dumps(done.stdout[-2000:]))
    return time.perf_counter() - began
