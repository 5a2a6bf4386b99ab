"""`python -m motherhaven.bot [WORD]`: the bot of this environment's settings."""

import sys

from motherhaven.bot.running.entry import main

if __name__ == "__main__":
    sys.exit(main())
