"""Build hook: a release must carry the built page; it never runs npm itself."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = Path("src", "motherhaven", "server", "page")


class PageHook(BuildHookInterface[Any]):
    """Refuses a wheel or sdist without the page; lets an editable install pass."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check the page before anything is packed.

        Raises:
            RuntimeError: the page or its JavaScript is missing; tells how to build it.
        """
        if version == "editable":
            return
        page = Path(self.root) / PAGE
        missing = [
            name
            for name, there in (
                ("llm-bot.html", (page / "llm-bot.html").is_file()),
                ("_next/**/*.js", any((page / "_next").rglob("*.js"))),
            )
            if not there
        ]
        if missing:
            raise RuntimeError(
                f"the {self.target_name} would ship without the page: {', '.join(missing)} is "
                f"missing in {PAGE.as_posix()}. Build the page first, then this again: make page"
            )
