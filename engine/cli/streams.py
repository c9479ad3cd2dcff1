"""The standard streams: always there, always UTF-8.

A closed stream would be given to the next file that is opened, and a stray message would end up in the audit log.
"""

import contextlib
import io
import os
import sys

import click

_STREAMS = (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def open_streams() -> None:
    """Open what is closed (standard output so that writing fails), and have text written as UTF-8."""
    for number, (name, flags, mode) in enumerate(_STREAMS):
        if getattr(sys, name) is None:
            _take(number, flags)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # kept open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows "?" for it; files and pipes get UTF-8.
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="replace")


def _take(number: int, flags: int) -> None:
    opened = os.open(os.devnull, flags)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)


def drop_output() -> None:
    """Send the rest of standard output nowhere, so that nothing fails once more when Python flushes at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def write_line(text: str) -> None:
    """Write a line on standard output as UTF-8, at once, so that a pipe's reader has it."""
    click.echo(text.encode("utf-8", "replace"))


def say(sentence: str) -> None:
    """Say something about the run on standard error; nobody to hear it is no failure."""
    with contextlib.suppress(OSError):
        click.echo(f"chartcoder: {sentence}", err=True)
