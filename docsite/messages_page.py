"""What photodock sends by itself, from docs/asyncapi.json."""

import json
from typing import Any

from docsite.asyncapi import FILE
from docsite.schemas import fields
from docsite.tables import as_json

INTRODUCTION = """# Messages and events

What photodock sends by itself, made from the [AsyncAPI document](../asyncapi.json) (version 3). What a receiver must do
with them stands on [the detection queue](../queue.md), [live status](../live-status.md) and [webhooks](../webhooks.md).
"""
TITLES = {"detectionJobs": "Detection jobs", "photoChanges": "Event streams", "webhook": "Webhooks"}


def page() -> str:
    document: dict[str, Any] = json.loads(FILE.read_text())
    promises = {one["channel"]["$ref"].rpartition("/")[2]: one["summary"] for one in document["operations"].values()}
    lines = [INTRODUCTION]
    for name, channel in document["channels"].items():
        lines += [f"## {TITLES[name]}", "", f"{channel['description']} {promises[name]}", ""]
        lines += [f"Address: `{channel['address']}`", ""] if channel["address"] else []
        for message in channel["messages"].values():
            lines += described(message)
    return "\n".join(lines)


def described(message: dict[str, Any]) -> list[str]:
    lines = [f"### {message['name']}", "", message["summary"], ""]
    if headers := fields(message.get("headers", {})):
        lines += ["**Headers**", "", *headers]
    if payload := fields(message["payload"]):
        lines += ["**Payload**", "", *payload]
    for example in message["examples"]:
        lines += [line for part in example.values() if part for line in as_json(part)]
    return lines
