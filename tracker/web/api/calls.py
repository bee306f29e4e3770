"""How a view of the API is called: its parameters read and refused in words, its answer made into JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints

from flask import Response, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tracker.errors import Faults, Refused
from tracker.web.api.parameters import Sent
from tracker.web.current import current
from tracker.web.sent import sent_once, takes
from tracker.web.serving.problem import problem

JSON = "application/json"


def _operation_id(*, name: str, path: str, method: str) -> str:
    return name


blueprint = APIBlueprint("api", __name__, url_prefix="/api", operation_id_callback=_operation_id)

_ZERO = re.compile(r"(?<!\\)(\\\\)*\\u0000")
"""U+0000 in JSON. One of the engines cannot keep it, and what it made of it would not be what was hashed."""

View = Callable[..., Any]


def rendered(view: View) -> View:
    """A public read: parsed, answered and serialised once for all who ask, while it stands."""
    hints = get_type_hints(view)

    @wraps(view)
    def call(**path: Any) -> Response:
        return current().rendered(lambda: _in_json(view, sent(hints, path)), JSON)

    return takes(*names_of(hints))(_own_validation(call))


def fresh(view: View) -> View:
    """A call that is answered anew each time and kept nowhere. The view answers a model, or one with its response."""
    hints = get_type_hints(view)

    @wraps(view)
    def call(**path: Any) -> Response:
        answer: Response = view(**sent(hints, path))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return takes(*names_of(hints))(_own_validation(call))


def _in_json(view: View, arguments: dict[str, BaseModel]) -> str:
    """The answer, without the fields that the caller did not choose."""
    return view(**arguments).model_dump_json(exclude=getattr(arguments.get("query"), "fields", None))


def json_answer(answer: BaseModel, status: int = 200) -> Response:
    return Response(answer.model_dump_json(), status, mimetype=JSON)


def names_of(hints: dict[str, Any]) -> tuple[str, ...]:
    """The names of the parameters that a view declares as its query."""
    return hints["query"].names() if "query" in hints else ()


def _own_validation(call: View) -> View:
    # Tells the library to leave parsing to us: it would build the schema anew at each request, before anybody asked
    # who is calling, and read bodies less strictly.
    call.__delay_validate_request__ = True
    return call


def sent(hints: dict[str, Any], path: dict[str, Any]) -> dict[str, BaseModel]:
    """The arguments that a view declares, by the names that stand for the parts of a request. Raises Refused.

    A view that declares no query is sent none.
    """
    sources: dict[str, Callable[[], Any]] = {
        "path": lambda: path,
        "query": sent_once,
        "header": lambda: {"If-Match": request.headers.get("If-Match")},
        "body": _body,
    }
    try:
        if "query" not in hints:
            Sent.model_validate(sent_once())
        return {name: hints[name].model_validate(read()) for name, read in sources.items() if name in hints}
    except ValidationError as error:
        raise refusal(error) from None


def _body() -> Any:
    if request.mimetype != JSON:
        raise _NotJson("The body has to be JSON.", f"Send it with Content-Type: {JSON}.")
    return read_json(request.get_data())


class _NotJson(Refused):
    status = 415
    title = "Unsupported media type"


def read_json(body: bytes) -> Any:
    """JSON in UTF-8, each name once, of numbers and characters that exist. Raises Refused."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_number)
        written = json.dumps(value, ensure_ascii=False)
        written.encode()
    except UnicodeDecodeError:
        raise Refused("The body is not UTF-8.", "Encode it as UTF-8.") from None
    except UnicodeEncodeError:
        raise Refused("The body holds half of a surrogate pair.", "Escape whole characters, or send UTF-8.") from None
    except RecursionError:
        raise Refused("The body is nested too deeply.", "No call takes more than two levels.") from None
    except json.JSONDecodeError as error:
        wrong = f"The body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        raise Refused(wrong, "Send one JSON object.") from None
    except ValueError as error:
        raise Refused(f"The body is not usable: {error}.", "Send one JSON object, each name once.") from None
    if not isinstance(value, dict):
        raise Refused("The body is not a JSON object.", "Send names and values in braces.")
    if _ZERO.search(written):
        raise Refused("The body holds the character U+0000, which is no text.", "Leave it out.")
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:60]!r} stands in it twice")
        found[name] = value
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def invalid(error: ValidationError) -> Response:
    """The broken fields as a problem."""
    refused = refusal(error)
    return problem(refused.status, refused.title, refused.wrong, refused.remedy, refused.field, refused.parts)


def refusal(error: ValidationError) -> Refused:
    """The broken fields in words."""
    faults = Faults()
    faults.add(*(_fault(one) for one in error.errors(include_url=False)))
    return faults.refused


def _fault(one: ErrorDetails) -> Refused:
    field = ".".join(str(part) for part in one["loc"]) or None
    name, remedy = field or "The request", "The page /api/docs says what is taken."
    match one["type"]:
        case "missing":
            return Refused(f"{name} is missing.", remedy, field=field)
        case "enum" | "literal_error":
            shown = repr(one["input"])[:80]
            return Refused(f"{name} cannot be {shown}.", f"It is one of {one['ctx']['expected']}.", field=field)
        case "int_parsing" | "int_type" | "int_from_float":
            return Refused(f"{name} is {repr(one['input'])[:80]}, which is no whole number.", remedy, field=field)
        case "greater_than_equal":
            return Refused(f"{name} is {one['input']}.", f"Send {one['ctx']['ge']} or more.", field=field)
        case "string_too_long":
            read = one["ctx"]["max_length"]
            wrong = f"{name} has {len(one['input']):,} characters, and at most {read:,} are read."
            return Refused(wrong, "Send less of it.", field=field)
        case "value_error":
            return Refused(f"{name}: {one['ctx']['error']}.", remedy, field=field)
    return Refused(f"{name}: {one['msg']}.", remedy, field=field)


@blueprint.after_request
def _headers(response: Response) -> Response:
    """What HTTP asks for beside our own words: how to sign in, and what another site's script may do (read)."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
