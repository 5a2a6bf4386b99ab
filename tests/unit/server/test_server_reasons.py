"""What a model wrote and thought before it decided comes back with its decision."""

import pytest

from tests.serverkit import API, KEY, decision, item, running

pytestmark = pytest.mark.anyio

THOUGHT = "The funding is dear. </script>\n" * 2_000


async def test_a_decision_has_its_reasons_and_lists_do_not() -> None:
    """Analysis, thinking and the id of the answer's first decision, as they were sent."""
    head = decision(analysis="Both fall.", thinking=THOUGHT, coin_analysis="BTC is weak.")
    other = decision(coin="ETH", coin_analysis="ETH is weaker.", answer_id="event-000001")
    async with running() as server, server.client(key=KEY) as client:
        events = [item(1, payload=head), item(2, payload=other)]
        answer = await client.post(f"{API}/ingest/batch", json={"events": events})
        assert {one["status"] for one in answer.json()["results"]} == {"stored"}
        ids = [one["event_id"] for one in events]
        first, second = [(await client.get(f"{API}/decision?id={i}")).json() for i in ids]
        assert first["payload"]["thinking"] == THOUGHT
        assert first["payload"]["analysis"] == "Both fall."
        assert second["payload"]["answer_id"] == "event-000001"
        assert "thinking" not in second["payload"]
        feed = (await client.get(f"{API}/feed")).text
        assert "The funding is dear" not in feed


async def test_changes_of_a_position_come_back_as_exact_text() -> None:
    """Close fraction and moved exits stand in the record, the signal stays an old one."""
    moved = decision(signal="hold", adjusted_stop_loss="98100.50", quantity_usd=0)
    part = decision(signal="close", close_fraction="0.25", quantity_usd=0)
    async with running() as server, server.client(key=KEY) as client:
        events = [item(1, payload=moved), item(2, payload=part)]
        await client.post(f"{API}/ingest/batch", json={"events": events})
        hold, close = [
            (await client.get(f"{API}/decision?id={one['event_id']}")).json() for one in events
        ]
        assert (hold["signal"], hold["payload"]["adjusted_stop_loss"]) == ("hold", "98100.50")
        assert (close["signal"], close["payload"]["close_fraction"]) == ("close", "0.25")
