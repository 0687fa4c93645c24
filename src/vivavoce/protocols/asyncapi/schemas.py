"""JSON Schemas of message types, in the dialect that AsyncAPI 3 understands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

Schema = dict[str, Any]
_ROOT: Final = "#/components/schemas/"


class Schemas:
    """The schemas of one door's types; in the document their names begin with `prefix`, so that two doors may each have
    a type of the same name."""

    def __init__(self, prefix: str, received: Iterable[type], sent: Iterable[type]) -> None:
        received, sent = tuple(dict.fromkeys(received)), tuple(dict.fromkeys(sent))
        types = tuple(dict.fromkeys((*received, *sent)))
        template = f"{_ROOT}{prefix}.{{name}}"
        references, components = msgspec.json.schema_components(types, ref_template=template)
        self._references: Mapping[type, Schema] = dict(zip(types, references, strict=True))
        self.components: dict[str, Schema] = {
            f"{prefix}.{name}": _in_our_dialect(schema) for name, schema in components.items()
        }
        for kind in sent:
            self._require_all(kind)

    def of(self, kind: type) -> Schema:
        """A reference to the schema of a type."""
        return dict(self._references[kind])

    def description_of(self, kind: type) -> str:
        """What the type says of itself, on one line."""
        return " ".join(str(self._component(kind).get("description", "")).split())

    def _require_all(self, kind: type) -> None:
        """What we send has every field, those with a default too, unless the type leaves defaults out."""
        schema = self._component(kind)
        if "properties" in schema and not kind.__struct_config__.omit_defaults:  # type: ignore[attr-defined]
            optional = {field.encode_name for field in msgspec.structs.fields(kind) if field.default is msgspec.UNSET}
            schema["required"] = [name for name in schema["properties"] if name not in optional]

    def _component(self, kind: type) -> Schema:
        return self.components[str(self._references[kind]["$ref"]).removeprefix(_ROOT)]


def _in_our_dialect(value: Any) -> Any:
    """msgspec writes draft 2020-12, AsyncAPI reads draft 7: tuples and discriminators are written differently."""
    if isinstance(value, list):
        return [_in_our_dialect(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _in_our_dialect(entry) for key, entry in value.items()}
    if isinstance(changed.get("discriminator"), dict):
        changed["discriminator"] = changed["discriminator"]["propertyName"]
    if "prefixItems" in changed:
        rest = changed.pop("items", True)
        changed["items"] = changed.pop("prefixItems")
        changed["additionalItems"] = rest
    return changed
