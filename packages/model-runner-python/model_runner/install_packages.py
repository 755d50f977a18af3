"""In a pod, before its runner starts: makes the environment of a version that brings packages of its own.

Run by the interpreter of the image, which knows nothing of them: no package is loaded here.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

#: What the runner itself needs, pinned with hashes; it lies beside this package in the image.
RUNNER_LOCK = Path(__file__).parent.parent / "requirements-runner.txt"


def lock_blocks(lock: str) -> dict[str, str]:
    """Blocks of a lock, as it has them, by the normalized names of their packages."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if found := re.match(r"[A-Za-z0-9][\w.-]*", line):
            name = re.sub(r"[-_.]+", "-", found[0]).lower()
            # One package has several blocks where systems need different versions.
            blocks[name] = f"{blocks[name]}\n{line}" if name in blocks else line
        elif name and line[:1].isspace() and line.strip():
            blocks[name] += f"\n{line}"
    return blocks


def joined_lock(own: str, runner: str) -> str:
    """Both locks, where the version's own goes before the runner's."""
    return "\n".join({**lock_blocks(runner), **lock_blocks(own)}.values()) + "\n"


def main() -> int:
    """Reads MODEL_DIR, writes the environment to PACKAGES_DIR; where packages come from is PACKAGE_INDEX."""
    folder = Path(os.environ["PACKAGES_DIR"])
    own = Path(os.environ["MODEL_DIR"], "model", "requirements.lock").read_text("utf-8")
    # A container that starts anew finds what the one before left.
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], check=True)
    lock = folder / "requirements.lock"
    lock.write_text(joined_lock(own, RUNNER_LOCK.read_text("utf-8")), "utf-8")
    # In the same volume, so that what is unpacked there is moved, not copied.
    cache = folder / "uv"
    command = ["uv", "pip", "install", "--no-config", "--no-progress", "--quiet", "--cache-dir", str(cache)]
    command += ["--python", str(folder / "bin" / "python")]
    command += ["--default-index", os.environ["PACKAGE_INDEX"]]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(lock)]
    ended = subprocess.run(command, text=True, stderr=subprocess.PIPE)
    shutil.rmtree(cache, ignore_errors=True)
    if ended.returncode:
        # The last line is what the platform shows.
        print(ended.stderr, " ".join(ended.stderr.split())[-2000:], sep="\n", file=sys.stderr)
    return 1 if ended.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
