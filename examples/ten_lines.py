"""A bot of your own that keeps a record: ten lines, the logger alone."""

from motherhaven.recorder import TradingLogger

logger = TradingLogger()  # settings from .env; the journal is data/trading_bot_paper.db
answer = '{"coin": "BTC", "signal": "buy_to_enter"}'  # what your model said, word for word
decision = {"coin": "BTC", "signal": "buy_to_enter", "quantity_usd": 20, "leverage": 3,
            "confidence": 0.7, "exit_plan": {"stop_loss": 98100, "profit_target": 103000},
            "justification": "breakout above the range"}  # fmt: skip
logger.log_decision(decision, raw_response=answer, system_prompt="You trade.", user_prompt="BTC?")
logger.log_position_entry("p-1", "BTC", "long", entry_price=99812, quantity_usd=20, leverage=3)
logger.log_account_state(balance=1000, equity=1001.5, unrealized_pnl=1.5, num_positions=1)
logger.log_position_exit("p-1", exit_price=101020, realized_pnl=0.72)
logger.log_bot_status("running", "Trading cycle completed")
