"""Sparse fields: which answers may be had in part, what stays in them, and how the document says so."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tracker.web.api import schemas


@dataclass(frozen=True)
class Part:
    """An answer of which a caller may choose the fields: its own, or those of each item of its list `listed_as`.

    `kept` are never left out: without them nobody knows what an item is.
    """

    answer: type[BaseModel]
    item: type[BaseModel]
    kept: tuple[str, ...]
    listed_as: str | None = None

    @property
    def names(self) -> list[str]:
        """What may be chosen."""
        return list(self.item.model_fields)

    def without(self, chosen: Collection[str]) -> Any:
        """What to leave out of the answer, as pydantic takes it, so that what is chosen and kept remains."""
        dropped = set(self.names) - set(chosen) - set(self.kept)
        return {self.listed_as: {"__all__": dropped}} if self.listed_as else dropped

    def described(self, components: dict[str, Any]) -> dict[str, Any]:
        """The schemas of the answer in part, by name, made from those of the whole one."""
        item = deepcopy(components[self.item.__name__])
        item |= {"title": f"{self.item.__name__}InPart", "required": list(self.kept)}
        item["description"] = f"{self.item.__name__}, of which `fields` chose some."
        if not self.listed_as:
            return {self.name: item}
        item_name = f"{self.item.__name__}InPart"
        answer = deepcopy(components[self.answer.__name__])
        answer["title"] = self.name
        answer["properties"][self.listed_as]["items"] = {"$ref": f"#/components/schemas/{item_name}"}
        answer["description"] = f"{self.answer.__name__}, of whose items `fields` chose some fields."
        return {self.name: answer, item_name: item}

    @property
    def name(self) -> str:
        return f"{self.answer.__name__}InPart"


CHANNELS = Part(schemas.Channels, schemas.Channel, ("slug",), "channels")
CHANNEL = Part(schemas.ChannelWithHistory, schemas.ChannelWithHistory, ("slug", "as_of", "known_at"))
CHANGES = Part(schemas.Changes, schemas.StatusChange, ("id", "channel"), "changes")
CONTACTS = Part(schemas.Contacts, schemas.Contact, ("id", "channel"), "contacts")

PARTS = (CHANNELS, CHANNEL, CHANGES, CONTACTS)
