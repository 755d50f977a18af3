"""A version in memory: its flavor's model, and the developer's endpoint code around it."""
from __future__ import annotations

import asyncio
import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from .context import Context
from .errors import ModelOutputError, StartError
from .flavors import FLAVORS
from .privacy import in_hand
from .table import Columns, Rows, Table, copied, table_of

#: What JSON has as it is.
_PLAIN = frozenset({float, int, str, bool, type(None)})


def _import_endpoint(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("endpoint", file)
    if spec is None or spec.loader is None:
        raise StartError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["endpoint"] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise StartError(f"{file.name} can't be imported: {type(error).__name__}: {error}") from error
    return module


class Model:
    """
    Answers lines with lines, once it is loaded; raises whatever the model or the endpoint code raises.
    """

    def __init__(self, manifest: dict[str, Any], directory: Path, context: Context) -> None:
        flavor = FLAVORS.get(manifest["flavor"])
        if flavor is None:
            raise StartError(
                f"the Python runtime has no flavor '{manifest['flavor']}'; it has: {', '.join(FLAVORS)}"
            )
        # Endpoint code and pickled classes import the modules beside them; no __pycache__ is left there,
        # for the version's files stay as they were verified.
        sys.path.insert(0, str(directory))
        sys.dont_write_bytecode = True
        self._signature = manifest["signature"]
        #: What is taken, which may be less than the signature says; known once it is loaded.
        self.inputs = self._signature["inputs"]
        #: Inputs that code could change in place, where nothing that is written may have what was sent.
        self._changeable = [
            field["name"] for field in self._signature["inputs"] if field.get("shape") or field["type"] == "object"
        ]
        self._outputs = [field["name"] for field in self._signature["outputs"]]
        self._needed = [field["name"] for field in self._signature["outputs"] if not field.get("optional")]
        self._endpoint = _import_endpoint(directory / manifest["endpoint"]) if manifest.get("endpoint") else None
        self._flavor = flavor
        self._manifest = manifest
        self._directory = directory
        self._context = context
        #: Whether answers are those of the developer's own code, which may be anything.
        self.is_own_code = self._own("predict_batch") is not None or self._own("predict") is not None
        #: Whether each line is answered by itself, whichever lines stand beside it; known once it is loaded.
        self.is_line_by_line = False
        #: Whether it waits, for other servers as a rule, where other code holds up the loop.
        self.is_async = inspect.iscoroutinefunction(self._own("predict_batch") or self._own("predict"))

    def _own(self, name: str) -> Callable[..., Any] | None:
        return getattr(self._endpoint, name, None)

    async def load(self) -> None:
        """Raises StartError, or whatever the developer's code raises."""
        load = self._own("load")
        model = await _settled(load(self._context)) if load else self._flavor.load(self._manifest, self._directory)
        if self.is_own_code:
            self._answer_rows = self._choose(model)
            return
        predictor = getattr(self._flavor, "predictor", None)
        if predictor is None:
            raise StartError("endpoint.py must define predict(model, inputs, context), since the flavor loads nothing")
        inputs = getattr(self._flavor, "inputs", None)
        if inputs is not None:
            self.inputs = inputs(model, self._signature)
        self._answer = predictor(model, self._signature)
        self.is_line_by_line = self._flavor.is_line_by_line(model)

    def _choose(self, model: Any) -> Callable[[Rows], Any]:
        context = self._context
        batch = self._own("predict_batch")
        if batch:
            return lambda rows: batch(model, rows, context)
        single = self._own("predict")
        assert single is not None
        if inspect.iscoroutinefunction(single):
            return lambda rows: _all(single(model, row, context) for row in rows)

        async def one_by_one(rows: Rows) -> list[Any]:
            answers = []
            for row in rows:
                if answers:
                    # A thousand lines would hold up the loop for too long.
                    await asyncio.sleep(0)
                answers.append(single(model, row, context))
            return answers

        return one_by_one

    async def predict(self, table: Table) -> Table:
        """
        The signature's outputs, as plain values, and no others.

        Raises ModelOutputError where an answer lacks one of them.
        """
        with in_hand(table):
            if not self.is_own_code:
                return self.predict_at_once(table)
            answers = await _settled(self._answer_rows(self._lent(table).rows))
        return self._of_rows(answers, table.count)

    def predict_at_once(self, table: Table) -> Table:
        """The same, for models without endpoint code."""
        answers = self._answer(self._lent(table))
        return self._of_columns(answers, table.count) if isinstance(answers, dict) else self._of_rows(answers, table.count)

    def _lent(self, table: Table) -> Table:
        """As code gets it, to do with it what it likes."""
        if not self._changeable:
            return table
        return Table(table.count, {**table.columns, **{name: copied(table.columns[name]) for name in self._changeable}})

    def _of_columns(self, columns: Columns, count: int) -> Table:
        for name in self._outputs:
            if len(columns[name]) != count:
                raise _not_as_many(count, len(columns[name]))
        return Table(count, {name: _plain_column(columns[name]) for name in self._outputs})

    def _of_rows(self, answers: Any, count: int) -> Table:
        if not isinstance(answers, (list, tuple)):
            raise _not_as_many(count, type(answers).__name__)
        if len(answers) != count:
            raise _not_as_many(count, len(answers))
        paths = ["outputs"] if count == 1 else [f"outputs[{index}]" for index in range(count)]
        return table_of(self._outputs, [self._plain(answer, path) for answer, path in zip(answers, paths)])

    def _plain(self, answer: Any, path: str) -> dict[str, Any]:
        if not isinstance(answer, dict):
            message = f"must be a dict with the outputs by name, not {type(answer).__name__}"
            raise ModelOutputError([{"path": path, "message": message}])
        missing = [name for name in self._needed if name not in answer]
        if missing:
            raise ModelOutputError([{"path": f"{path}.{name}", "message": "is missing"} for name in missing])
        return {name: _plain_value(answer.get(name)) for name in self._outputs}


def _not_as_many(count: int, given: Any) -> ModelOutputError:
    return ModelOutputError([{"path": "outputs", "message": f"must be a list of {count} answers, not {given}"}])


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


async def _all(answers: Iterable[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*map(_not_ending, answers))


async def _not_ending(answer: Awaitable[Any]) -> Any:
    """Out of a task of its own, SystemExit would end the loop that serves all."""
    try:
        return await answer
    except SystemExit as error:
        raise RuntimeError("the endpoint code tried to end the runner") from error


def _plain_value(value: Any) -> Any:
    """Arrays and scalars of numpy and pandas become lists and numbers, and what pandas calls missing null."""
    to_list = getattr(value, "tolist", None)
    plain = value if to_list is None else to_list()
    pandas = sys.modules.get("pandas")
    return plain if pandas is None else _without(getattr(pandas, "NA", None), plain)


def _without(missing: Any, value: Any) -> Any:
    """By identity: of that value nobody can say whether it is equal to another."""
    if value is missing:
        return None
    if isinstance(value, list):
        return [_without(missing, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(missing, member) for name, member in value.items()}
    return value


def _plain_column(values: Sequence[Any]) -> Sequence[Any]:
    return values if _PLAIN.issuperset(map(type, values)) else [_plain_value(value) for value in values]
