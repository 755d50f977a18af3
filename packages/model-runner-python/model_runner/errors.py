"""Errors that a caller is told."""
from __future__ import annotations


class RequestError(Exception):
    """A request that is refused: the caller's fault, with what to change."""

    def __init__(
        self,
        status: int,
        message: str,
        fields: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.fields = fields
        self.headers = headers or {}


#: nginx's number for a caller that left before the answer.
CALLER_LEFT = 499


def caller_gone() -> RequestError:
    """For the count alone; nobody is there to read it."""
    return RequestError(CALLER_LEFT, "The caller went away.")


class StartError(Exception):
    """The runner can't serve this version; said in the log, for the model's developer."""


class ModelOutputError(Exception):
    """The model answered something else than its signature says: its developer's fault."""

    def __init__(self, fields: list[dict[str, str]]) -> None:
        first = fields[0]
        super().__init__(f"the answer does not fit the signature: {first['path']} {first['message']}")
        self.fields = fields
