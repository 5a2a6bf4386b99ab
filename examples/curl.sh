#!/bin/sh
# A bot in any language: plain HTTP, one record a request. Every answer is {"success": true},
# and only after the record is durable.
#   MOTHERHAVEN_API_URL=http://localhost:3000 MOTHERHAVEN_API_KEY=... sh examples/curl.sh
set -eu

post() {
    curl --silent --show-error --fail-with-body --max-time 10 \
        -X POST "$MOTHERHAVEN_API_URL/api/llm-bot/ingest/$1" \
        -H 'Content-Type: application/json' -H "x-api-key: $MOTHERHAVEN_API_KEY" -d "$2"
    echo
}

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

post decision '{"timestamp": "'"$now"'", "coin": "BTC", "signal": "buy_to_enter",
    "quantity_usd": 20, "leverage": 3, "confidence": 0.7, "justification": "breakout",
    "stop_loss": 98100, "profit_target": 103000}'
post position '{"position_id": "p-1", "coin": "BTC", "side": "long", "quantity_usd": 20,
    "leverage": 3, "entry_price": 99812, "entry_time": "'"$now"'", "status": "open"}'
post account '{"timestamp": "'"$now"'", "balance_usd": 1000, "equity_usd": 1001.5,
    "unrealized_pnl": 1.5, "realized_pnl": 0, "total_pnl": 1.5, "num_positions": 1}'
post position '{"position_id": "p-1", "coin": "BTC", "side": "long", "quantity_usd": 20,
    "leverage": 3, "entry_price": 99812, "entry_time": "'"$now"'", "status": "closed",
    "exit_price": 101020, "exit_time": "'"$now"'", "realized_pnl": 0.72}'
post status '{"timestamp": "'"$now"'", "status": "running", "message": "cycle completed"}'
