"""Pieces of Markdown for the generated pages."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


def cell(text: object) -> str:
    """Text for one cell of a table."""
    return re.sub(r"\s+", " ", str(text)).strip().replace("|", "\\|")


def code(text: object) -> str:
    """Text as code, or nothing for nothing."""
    return f"`{cell(text)}`".replace("\\|", "or") if str(text) else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(r) for r in rows)]
    return "".join(f"| {line} |\n" for line in lines) + "\n"


def kind_of(schema: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        name: str = schema["$ref"].rpartition("/")[2]
        return {"TradingMode": "paper, shadow or live"}.get(name, name)
    for key, joint in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if key in schema:
            return joint.join(dict.fromkeys(kind_of(one) for one in schema[key]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(one if isinstance(one, str) else json.dumps(one) for one in values)
    kind = schema.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if kind == "object":
        inner = ", ".join(schema.get("properties", {}))
        return f"object with {inner}" if inner else "object"
    words = " or ".join(str(one) for one in kinds)
    words += " (decimal)" if schema.get("format") == "decimal" else ""
    words += " (time)" if schema.get("format") == "date-time" else ""
    low, high = schema.get("minimum"), schema.get("maximum")
    words += f", from {low:g}" if low is not None else ""
    return words + (f" to {high:g}" if high is not None else "")
