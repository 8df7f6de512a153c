"""What a job is told, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from domo_async.errors import InvalidArgumentError
from domo_async.jobs.budget import Budget
from domo_async.jobs.patience import Patience

if TYPE_CHECKING:
    from domo_async.jobs.events import Setting
    from domo_async.jobs.recipe import Recipes
    from domo_async.jobs.targets import Target

__all__ = ["CalledAfter", "JobSettings"]

CalledAfter = Literal["name", "id"]
"""What files are called after."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """How a job goes about it.

    Attributes:
        recipes: How files are made.
        budget: How much at once.
        patience: How long a DataSet is tried for.
        names: What files are called after.
        refresh: Whether to fetch what has not changed, too.
        verify: Whether to compare the hashes of what is there.
        prune: Whether to remove DataSets that do not belong to the job any more.
        max_failures: DataSets that may fail before the job is stopped, None for any number.
    """

    recipes: Recipes
    budget: Budget
    patience: Patience
    names: CalledAfter = "name"
    refresh: bool = False
    verify: bool = False
    prune: bool = False
    max_failures: int | None = None

    def check(self, target: Target) -> None:
        """Refuse what makes no sense.

        Raises:
            InvalidArgumentError: And why.
        """
        if self.patience.retries < 0:
            raise InvalidArgumentError(f"retries={self.patience.retries} is not 0 or more")
        if not self.patience.seconds >= 0:
            raise InvalidArgumentError(f"patience={self.patience.seconds} is not 0 or more seconds")
        if self.max_failures is not None and self.max_failures < 0:
            raise InvalidArgumentError(f"max_failures={self.max_failures} is not 0 or more")
        if self.names not in get_args(CalledAfter):
            raise InvalidArgumentError(f"names={self.names!r} is neither 'name' nor 'id'")
        for recipe in self.recipes.all:
            target.file_names("table", recipe, 1)

    def described(self, selection: str | None) -> dict[str, Setting]:
        """What the job was told, for people. Queries and columns are left out: they may say more than a report should.

        Args:
            selection: What was selected, if it has words for that.
        """
        recipe = self.recipes.common
        special = len(self.recipes.all) - 1
        facts: dict[str, Setting] = {} if selection is None else {"selection": selection}
        return facts | {
            "format": recipe.format,
            "names": self.names,
            "rows_per_file": recipe.rows_per_file,
            "columns": None if recipe.columns is None else len(recipe.columns),
            "options": special,
            "concurrency": self.budget.downloads,
            "writers": self.budget.decoders,
            "retries": self.patience.retries,
            "patience": self.patience.seconds,
            "max_failures": self.max_failures,
            "refresh": self.refresh,
            "verify": self.verify,
            "prune": self.prune,
        }
