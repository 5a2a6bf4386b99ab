"""The bot's own start, with a random trader that enters and leaves at almost every decision."""

import runpy
from pathlib import Path

from motherhaven.bot.decider import baselines

if __name__ == "__main__":
    baselines._ENTER_ODDS, baselines._CLOSE_ODDS = 0.9, 0.5
    script = Path(__file__).parents[2] / "run_analysis_bot.py"
    runpy.run_path(str(script), run_name="__main__")
