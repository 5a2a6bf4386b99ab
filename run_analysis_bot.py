"""Runs the trading bot: python run_analysis_bot.py [start|stop|pause|resume|status]."""

import sys

from scripts.own_python import go_on_in_checkout

if __name__ == "__main__":
    go_on_in_checkout()
    from motherhaven.bot.running.entry import main

    sys.exit(main())
