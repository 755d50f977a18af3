import { SignatureField } from '../types';
import { EndpointFacts } from './EndpointFacts';
import { fieldNotes } from './fieldNotes';
import { pythonLiteral } from './pythonLiteral';

const types: Record<SignatureField['type'], string> = {
  number: 'float',
  integer: 'int',
  string: 'str',
  boolean: 'bool',
  date: 'str',
  datetime: 'str',
  bytes: 'str',
  object: 'dict[str, Any]',
};

function typeOf(field: SignatureField, role: 'input' | 'output'): string {
  const shape = field.shape ?? [];
  // Literals are no floats, for type checkers.
  const scalar =
    field.enum && field.type !== 'number'
      ? `Literal[${field.enum.map(value => pythonLiteral(value)).join(', ')}]`
      : types[field.type];
  const isOpen = role === 'output' && field.type === 'number';
  const element = isOpen ? `Optional[${scalar}]` : scalar;
  const shaped = shape.reduce(type => `list[${type}]`, element);
  const whole =
    field.optional && !(isOpen && shape.length === 0)
      ? `Optional[${shaped}]`
      : shaped;
  const mayLack =
    role === 'input' && (field.optional || field.default !== undefined);
  return mayLack ? `NotRequired[${whole}]` : whole;
}

/** In the form that takes any names. */
function typedDict(
  name: string,
  fields: SignatureField[],
  role: 'input' | 'output',
): string {
  const members = fields.flatMap(field => {
    const notes = fieldNotes(field);
    return [
      ...(notes ? [`        # ${notes}`] : []),
      `        ${pythonLiteral(field.name)}: ${typeOf(field, role)},`,
    ];
  });
  return `${name} = TypedDict(
    "${name}",
    {
${members.join('\n')}
    },
)`;
}

/**
 * A typed client of an endpoint, one file that needs Python 3.11 and nothing
 * else. Its types are the signature's.
 *
 * @public
 */
export function pythonClient(facts: EndpointFacts): string {
  const { endpoint, model, version, signature, example } = facts;
  const about = `${model.name}, version ${version}`.replace(/\s/g, ' ');
  return `# Client of the endpoint ${endpoint}: ${about}. Made from its signature.
from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, Literal, NotRequired, Optional, TypedDict

#: One line that the model takes.
${typedDict('Inputs', signature.inputs, 'input')}

#: What it answers to a line.
${typedDict('Outputs', signature.outputs, 'output')}


class Model(TypedDict):
    name: str
    version: int
    variant: str


class Answer(TypedDict):
    outputs: Outputs
    #: Which version answered.
    model: Model
    #: Finds the call in the logs.
    requestId: str


class Answers(TypedDict):
    outputs: list[Outputs]
    model: Model
    requestId: str


class EndpointError(Exception):
    """A call that was not answered: 400 names the wrong fields; 429 and 503 say when to come back."""

    def __init__(self, status: int, body: dict[str, Any], retry_after: str | None) -> None:
        error = body.get("error", {})
        super().__init__(error.get("message", f"The endpoint answered {status}"))
        self.status = status
        self.fields: list[dict[str, str]] = error.get("fields", [])
        self.request_id: str | None = body.get("requestId")
        self.retry_after_seconds = None if retry_after is None else float(retry_after)


class Client:
    def __init__(self, url: str, token: str, timeout_seconds: float = 30) -> None:
        """\`url\`: the endpoint's address, without /predict."""
        self._url = f"{url}/predict"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout_seconds = timeout_seconds

    def predict(self, inputs: Inputs) -> Answer:
        answer: Answer = self._post(inputs)
        return answer

    def predict_batch(self, inputs: list[Inputs]) -> Answers:
        """At most 1,000 lines."""
        answers: Answers = self._post(inputs)
        return answers

    def _post(self, inputs: Any) -> Any:
        request = urllib.request.Request(self._url, json.dumps({"inputs": inputs}).encode(), self._headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_seconds) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                body = json.loads(text)
            except ValueError:
                body = {}
            raise EndpointError(error.code, body, error.headers.get("Retry-After")) from None
${example ? usage(example) : ''}`;
}

function usage(example: Record<string, unknown>): string {
  const lines = `client = Client("<url>", "<token>")
outputs = client.predict(${pythonLiteral(example)})["outputs"]`;
  return `\n\n${lines.replace(/^/gm, '# ')}\n`;
}
