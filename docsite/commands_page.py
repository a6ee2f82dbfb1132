"""Every command, from the application that parses it."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import typer

from docsite.tables import code, table
from photodock.cli import app

KINDS = {int: "a number", float: "a number", Path: "a path", UUID: "an id", datetime: "a day"}
INTRODUCTION = """# Commands

What `photodock --help` tells, in one place; made from the commands themselves. Settings are [environment
variables](settings.md). [At the terminal](../terminal.md) shows `upload` and `photos` at work.
"""


def page() -> str:
    lines = [INTRODUCTION]
    for name, command in commands("photodock", typer.main.get_command(app)):
        lines += [f"## {name}", "", command.help or "", "", *code("text", usage(name, command)), *parameters(command)]
    return "\n".join(lines)


def commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Those that can be called; a group may be one of them."""
    inner = getattr(command, "commands", None)
    if inner is None or command.invoke_without_command:
        yield name, command
    for word, one in sorted((inner or {}).items()):
        yield from commands(f"{name} {word}", one)


def usage(name: str, command: Any) -> str:
    options = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in command.params) else []
    return " ".join([name, *options, *(shown(one) for one in command.params if one.param_type_name == "argument")])


def shown(argument: Any) -> str:
    word = named(argument) + ("..." if argument.nargs == -1 else "")
    return word if argument.required else f"[{word}]"


def named(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def parameters(command: Any) -> list[str]:
    rows = [cells(one) for one in command.params]
    return table(("Option", "Takes", "Default", "Meaning"), rows) if rows else []


def cells(parameter: Any) -> tuple[str, str, str, str]:
    if parameter.param_type_name == "argument":
        names = f"`{named(parameter)}`"
    else:
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    takes = "" if getattr(parameter, "is_flag", False) else kind(parameter.type_descriptor.annotation)
    variable = f" Also `{parameter.envvar}`." if getattr(parameter, "envvar", None) else ""
    return names, takes, default(parameter), f"{getattr(parameter, 'help', None) or ''}{variable}"


def kind(annotation: Any) -> str:
    """Lists and what may be left out are what is in them: an option is then given several times, or not at all."""
    inner = [one for one in get_args(annotation) if one is not type(None)]
    if inner:
        return kind(inner[0])
    if issubclass(annotation, Enum):
        return " or ".join(f"`{one.value}`" for one in annotation)
    return KINDS.get(annotation, "a text")


def default(parameter: Any) -> str:
    if parameter.required:
        return "**must be given**"
    if getattr(parameter, "is_flag", False):
        return f"`{parameter.opts[0]}`" if parameter.default and parameter.secondary_opts else ""
    return f"`{parameter.default}`" if parameter.default not in (None, "") else ""
