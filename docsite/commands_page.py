"""Every command, from the application that parses it."""

from collections.abc import Iterator
from typing import Any

import typer

from docsite.tables import code, table
from photodock.cli import app

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
    words = ["[OPTIONS]"] if any(one.param_type_name == "option" for one in command.params) else []
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    words += [f"{one.human_readable_name}{'...' if one.nargs == -1 else ''}" for one in arguments]
    return " ".join(
        [name, *(word if word.startswith("[") or required(word, arguments) else f"[{word}]" for word in words)]
    )


def required(word: str, arguments: list[Any]) -> bool:
    return any(one.required for one in arguments if word.startswith(one.human_readable_name))


def parameters(command: Any) -> list[str]:
    rows = [cells(one) for one in command.params]
    return table(("Option", "Takes", "Default", "Meaning"), rows) if rows else []


def cells(parameter: Any) -> tuple[str, str, str, str]:
    if parameter.param_type_name == "argument":
        names = f"`{parameter.human_readable_name}`"
    else:
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    flag = getattr(parameter, "is_flag", False)
    choices = getattr(parameter.type, "choices", None)
    takes = " or ".join(f"`{shown(one)}`" for one in choices) if choices else parameter.type.name.lower()
    variable = f" Also `{parameter.envvar}`." if getattr(parameter, "envvar", None) else ""
    return names, "" if flag else takes, default(parameter), f"{getattr(parameter, 'help', None) or ''}{variable}"


def default(parameter: Any) -> str:
    if parameter.required:
        return "**must be given**"
    value = parameter.default
    if callable(value) or value in (None, "", (), []) or type(value).__name__ == "Sentinel":
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"`{shown(value)}`"


def shown(value: Any) -> str:
    return str(getattr(value, "value", value))
