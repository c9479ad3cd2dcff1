"""The console that tables are printed on."""

from typing import NoReturn

from rich.console import Console

_PLAIN_WIDTH = 110


class OutputConsole(Console):
    """Standard output; a reader that goes away is ours to handle."""

    def on_broken_pipe(self) -> NoReturn:
        """Pass it on: rich would end the process with status 1, which says that charts failed."""
        raise BrokenPipeError


def output_console() -> Console:
    """Return a console as wide as the terminal, or of a fixed width for a file or pipe."""
    console = OutputConsole(highlight=False)
    return console if console.is_terminal else OutputConsole(highlight=False, width=_PLAIN_WIDTH)
