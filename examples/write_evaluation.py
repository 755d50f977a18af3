"""Writes figures of an evaluation into a model.yaml, leaving the rest of it as it is."""
import re
from pathlib import Path


def write_evaluation(file: Path, figures: dict[str, float]) -> None:
    text = file.read_text(encoding="utf-8")
    values = ", ".join(f"{name}: {round(float(value), 4):g}" for name, value in figures.items())
    changed, count = re.subn(r"(?m)^evaluation: \{.*\}$", f"evaluation: {{ {values} }}", text)
    if count != 1:
        raise SystemExit(f"{file} needs one line 'evaluation: {{}}'")
    file.write_text(changed, encoding="utf-8")
