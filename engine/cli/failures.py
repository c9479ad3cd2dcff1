"""What went wrong, in one sentence on standard error, and the exit status that says what kind it was.

Never a stack trace and never chart text: CHARTCODER_DEBUG=1 lets Python show where a fault of ours happened.
"""

import os
import sys

import click

from codesets.errors import CodeSetError, SnapshotError
from engine.cli.streams import drop_output, say
from engine.errors import ChartcoderError

SOME_FAILED = 1
USAGE_ERROR = 2
INTERRUPTED = 130
DEBUG_VARIABLE = "CHARTCODER_DEBUG"
_NO_ARGUMENTS: type[click.UsageError] | tuple[()] = getattr(click.exceptions, "NoArgsIsHelpError", ())


class InternalError(ChartcoderError):
    """A fault of the engine itself; the message names its type only, since its text might quote the chart."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"{type(error).__name__} inside the engine, which is a fault of ours; "
            f"{DEBUG_VARIABLE}=1 shows where, for a report"
        )


def is_debugging() -> bool:
    """Whether Python's own stack traces are wanted."""
    return bool(os.environ.get(DEBUG_VARIABLE))


def fail(error: BaseException) -> int:
    """Say what went wrong and return the exit status; raises `error` itself where it is not ours to end."""
    match error:
        case SystemExit() | GeneratorExit():
            raise error
        case click.exceptions.Exit():
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            say("stopped")
            drop_output()
            return INTERRUPTED
        case BrokenPipeError():
            # The reader of our pipe has gone (`| head`): it has what it wanted.
            drop_output()
            return 0
        case click.ClickException():
            _say_usage(error)
            return error.exit_code
        case _:
            if is_debugging():
                raise error
            say(sentence(error))
            drop_output()
            return USAGE_ERROR


def sentence(error: BaseException) -> str:
    """Return what to tell the user of an error."""
    match error:
        case SnapshotError():
            advice = "`chartcoder codesets build`"
            return str(error) if advice in str(error) else f"{error}; {advice} replaces what is damaged"
        case ChartcoderError() | CodeSetError():
            return str(error)
        case OSError():
            return _system_sentence(error)
        case Exception():
            return str(InternalError(error))
        case _:
            return type(error).__name__


def _system_sentence(error: OSError) -> str:
    # By its number: whoever raised it may have written anything into its words.
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    # Only writing to a standard stream names no file.
    named = error.filename is not None
    return f"{str(error.filename)[:200]}: {reason}" if named else f"output: cannot be written: {reason}"


def _say_usage(error: click.ClickException) -> None:
    if isinstance(error, _NO_ARGUMENTS):
        click.echo(error.format_message(), err=True)
        return
    context = error.ctx if isinstance(error, click.UsageError) else None
    message = error.format_message().rstrip(".")
    if context is None:
        say(message)
    else:
        click.echo(f"{context.command_path}: {message}; see `{context.command_path} --help`", err=True)
    sys.stderr.flush()
