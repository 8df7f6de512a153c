"""Groups and commands: loaded when they are needed, helpful in any terminal, and ended by one sentence."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, NoReturn, TypeVar, cast

import typer
from typer.core import MarkupMode, TyperCommand, TyperGroup
from typer.main import get_command

from domo_async.cli.advice import advised
from domo_async.cli.exit_codes import ExitCode
from domo_async.cli.help_text import plain_help
from domo_async.cli.terminal import Terminal, let_go_of_streams
from domo_async.errors import DomoError

__all__ = ["Command", "Commands", "Family", "Group", "Home"]

logger: logging.Logger = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., object])

_ROOM_FOR_BOXES = 80
# click's class, or Typer's copy of it: that depends on the version of Typer.
_UsageError = cast("type[Exception]", typer.BadParameter.__base__)

# For the same reason contexts and commands are Any below.


class Command(TyperCommand):
    """One command."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **settings)
        self.help: str | None = _unwrapped(self.help or "")

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the help, in boxes where there is room for them."""
        if _boxes_fit():
            _say_no_types_of_flags(self, ctx)
            super().format_help(ctx, formatter)
        else:
            formatter.write(plain_help(self, ctx, width=Terminal().out.width))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the arguments. Says where options of the whole program belong."""
        with _misplaced_options_explained(ctx):
            return super().parse_args(ctx, args)


class Group(TyperGroup):
    """Commands of one family."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self.help: str | None = _unwrapped(self.help or "")

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the help, in boxes where there is room for them."""
        if _boxes_fit():
            _say_no_types_of_flags(self, ctx)
            super().format_help(ctx, formatter)
        else:
            formatter.write(plain_help(self, ctx, width=Terminal().out.width))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the arguments. Says where options of the whole program belong."""
        with _misplaced_options_explained(ctx):
            return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a command lives.

    Attributes:
        module: Name of the module.
        attribute: A function, or the Typer of a family.
        help: First paragraph of its help, known without loading it.
    """

    module: str
    attribute: str
    help: str


class Commands(Group):
    """All commands. Only the one that is named is imported; whatever it raises on purpose ends as one sentence."""

    homes: ClassVar[Mapping[str, Home]] = {}

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        for name, home in self.homes.items():
            self.add_command(TyperCommand(name, help=home.help))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401
        """Find the command that the arguments name, and load it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else _load(name, self.homes[name]), rest

    def main(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401
        """Run the command of this process, and end it."""
        # Errors of usage are drawn according to this.
        self.rich_markup_mode: MarkupMode = "rich" if _boxes_fit() and _boxes_fit(stderr=True) else None
        return super().main(*args, **settings)

    def make_context(self, *args: Any, **settings: Any) -> Any:  # noqa: ANN401
        """Read the options before the command. Some of them, such as ``--help``, write and end it."""
        with _ending():
            return super().make_context(*args, **settings)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command that the arguments name."""
        with _ending():
            result = super().invoke(ctx)
            Terminal().flush()
            return result


@contextmanager
def _ending() -> Generator[None]:
    try:
        try:
            yield
        except DomoError as error:
            _fail(error, advised(error), ExitCode.of(error))
        except UnicodeEncodeError as error:
            _fail(error, "An argument holds bytes that are no text", ExitCode.USAGE)
        except KeyboardInterrupt:
            Terminal().say("Interrupted.")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
    except BrokenPipeError:
        # Whoever reads has seen enough: `domo-async datasets list | head`.
        let_go_of_streams()
        raise typer.Exit(ExitCode.BROKEN_PIPE) from None
    except OSError as error:
        let_go_of_streams()
        what = error.filename or "The output cannot be written"
        _fail(error, f"{what}: {error.strerror or error}", ExitCode.FAILURE)


def _fail(error: Exception, sentence: str, code: ExitCode) -> NoReturn:
    logger.info("This error ended the command", exc_info=error)
    Terminal().fail(sentence)
    raise typer.Exit(code) from None


@contextmanager
def _misplaced_options_explained(ctx: Any) -> Generator[None]:  # noqa: ANN401
    try:
        yield
    except _UsageError as error:
        root = ctx.find_root()
        option = getattr(error, "option_name", None)
        if ctx is not root and any(option in parameter.opts for parameter in root.command.params):
            misplaced = cast("Any", error)
            own = ctx.command_path.removeprefix(f"{root.info_name} ")
            misplaced.message = f"{option} stands before the command: {root.info_name} {option} ... {own}"
            misplaced.possibilities = None
        raise


def _say_no_types_of_flags(command: Any, context: Any) -> None:  # noqa: ANN401
    # Typer's boxes show `--json <bool>` and `-v <int>`, as if a value were to follow.
    for parameter in command.get_params(context):
        if parameter.metavar is None and (getattr(parameter, "is_flag", False) or getattr(parameter, "count", False)):
            parameter.metavar = ""


def _unwrapped(text: str) -> str:
    """Paragraphs of one line each: they are wrapped for the terminal, and not where the source code was."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))


def _boxes_fit(*, stderr: bool = False) -> bool:
    terminal = Terminal()
    console = terminal.err if stderr else terminal.out
    return console.is_terminal and not console.is_dumb_terminal and console.width >= _ROOM_FOR_BOXES


class Family:
    """Commands under one name.

    Args:
        help: What they are for.

    Attributes:
        app: The application that they belong to.
    """

    def __init__(self, help: str) -> None:
        self.app: typer.Typer = typer.Typer(
            cls=Group,
            help=help,
            callback=_nothing,  # or a family of one command would be that command
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            rich_markup_mode="rich",
        )

    def command(self, name: str | None = None) -> Callable[[Function], Function]:
        """Add a command, as a decorator of the function that carries it out."""
        return self.app.command(name, cls=Command)

    def add(self, name: str, family: Family) -> None:
        """Add a family below this one."""
        self.app.add_typer(family.app, name=name)


def _nothing() -> None:
    pass


def _load(name: str, home: Home) -> Any:  # noqa: ANN401
    found: object = getattr(import_module(home.module), home.attribute)
    if isinstance(found, Family):
        app = found.app
    else:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
        app.command(name, cls=Command)(cast("Callable[..., object]", found))
    command = get_command(app)
    command.name = name
    return command
