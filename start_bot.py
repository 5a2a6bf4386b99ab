"""Starts the dashboard, then the trading bot: python start_bot.py."""

import sys

from scripts.own_python import go_on_in_checkout

if __name__ == "__main__":
    go_on_in_checkout()
    from motherhaven.bot.running.orchestrate import main

    sys.exit(main())
