"""Finds and opens a version's own files."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import StartError
from ..table import Table


def find_file(manifest: dict[str, Any], suffixes: tuple[str, ...]) -> str:
    """Raises StartError where the version has no such file."""
    file = next((name for name in manifest["files"] if name.endswith(suffixes)), None)
    if file is None:
        raise StartError(f"there is no file that ends in {', '.join(suffixes)} among the files of the version")
    return file


def open_model(name: str, load: Callable[[], Any]) -> Any:
    """What `load` answers; its failure names the file, and what is missing where a library is."""
    try:
        return load()
    except StartError:
        raise
    except ImportError as error:
        raise StartError(
            f"{name} can't be loaded: {error}; name what it needs in a requirements.txt among the version's files"
        ) from error
    except Exception as error:
        raise StartError(f"{name} can't be loaded: {type(error).__name__}: {error}") from error


def column_order(known: list[str] | None, signature: dict[str, Any]) -> list[str]:
    """
    Names of the inputs as the model takes them: in its own order where it knows names, else in the signature's.

    Raises StartError where they differ, or where an input is no plain value.
    """
    names = [field["name"] for field in signature["inputs"]]
    if known is not None:
        if set(known) != set(names):
            raise StartError(
                f"the model was fitted with the columns {', '.join(map(str, known))}, "
                f"but the signature has the inputs {', '.join(names)}"
            )
        names = [str(name) for name in known]
    shaped = [field["name"] for field in signature["inputs"] if field.get("shape")]
    if shaped:
        raise StartError(f"inputs with a shape ({', '.join(shaped)}) need endpoint code")
    return names


def matrix_maker(names: list[str], dtype: Any) -> Callable[[Table], Any]:
    """Makes a row of numpy of each line, with the columns in this order; a number that is missing is NaN."""
    import numpy

    def matrix(table: Table) -> Any:
        columns = numpy.array([table.columns[name] for name in names], dtype=dtype)
        return numpy.ascontiguousarray(columns.T)

    return matrix
