"""What pydantic found, in the words of the product: what is wrong, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from config.errors import suggest


def in_words(detail: dict[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """One of pydantic's error details on `model` as (what is wrong, remedy).

    A ValueError of ours carries both parts itself, with a semicolon between them.
    """
    seen = shown(detail["input"])
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f'the key "{key}" is missing', "add it"
        case "extra_forbidden":
            return f'"{key}" is not a key that belongs here', suggest(key, keys_at(model, detail["loc"][:-1]))
        case "enum" | "literal_error":
            allowed = re.findall(r"'([^']*)'", context["expected"])
            return f"{seen} is not a word that belongs here", suggest(str(detail["input"]), allowed)
        case "value_error":
            wrong, _, remedy = str(context["error"]).partition("; ")
            return wrong, remedy or "correct it"
        case "string_too_short":
            return "this is empty", "write something or leave the key out"
        case "string_pattern_mismatch":
            return f"{seen} does not match {context['pattern']}", "write it in that form"
        case "bool_parsing" | "bool_type":
            return f"{seen} is neither true nor false", "write true or false"
        case "int_parsing" | "int_type" | "int_from_float" | "float_parsing" | "float_type":
            return f"{seen} is not a number", "write digits alone"
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            bound = next(context[name] for name in ("gt", "ge", "lt", "le") if name in context)
            below = detail["type"].startswith("greater")
            return f"{seen} is too {'small' if below else 'large'}", f"the bound is {bound}"
        case "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact" | "date_type":
            return f"{seen} is not a day that exists", "write YYYY-MM-DD"
        case "string_type":
            return f"{seen} stands where a text belongs", "write a text"
        case "list_type" | "tuple_type":
            return f"{seen} stands where a list belongs", 'write a list, as in "- item" lines or [item, item]'
        case "dict_type" | "model_type" | "model_attributes_type" | "mapping_type":
            return f"{seen} stands where keys and values belong", 'write "key: value" lines'
        case "too_short":
            return f"there are {context['actual_length']} entries", f"at least {context['min_length']} are needed"
        case "too_long":
            return f"there are {context['actual_length']} entries", f"at most {context['max_length']} are possible"
    message = str(detail["msg"])
    return message[:1].lower() + message[1:], "correct it"


def shown(value: object) -> str:
    """A value as a sentence can hold it."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = " ".join(str(value).split())
    return f'"{text}"' if len(text) <= 60 else f'"{text[:59]}…"'


def keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that the place `loc` inside `model` may have."""
    models = list(_models_in(model))
    for piece in loc:
        inside = [
            found
            for one in models
            for name, field in one.model_fields.items()
            if piece in (name, field.alias)
            for found in _models_in(field.annotation)
        ]
        # A list position or a key of a mapping is not a field: the models that the container holds stay the same.
        models = inside or models
    return sorted({field.alias or name for one in models for name, field in one.model_fields.items()})


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation holds, whatever optional, list or mapping stands around them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        root = annotation.model_fields.get("root")
        yield from _models_in(root.annotation) if root and len(annotation.model_fields) == 1 else (annotation,)
    for argument in get_args(annotation):
        yield from _models_in(argument)
