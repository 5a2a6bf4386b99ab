"""Revisions: what tells that nothing of a bot has changed, whoever writes."""

from motherhaven.stores import Store
from tests.conformance.stores.kit import START, Bot, Place


def test_each_commit_of_a_bot_and_of_no_other_changes_its_revision(place: Place) -> None:
    """A late event changes it too; a duplicate and a refusal do not. Unknown ids are left out."""

    async def scenario(store: Store) -> None:
        one, other = Bot("bot-a"), Bot("bot-b")
        assert await store.revisions(None) == {}
        first = one.account(60)
        await store.append([first, other.account(1)])
        before = await store.revisions(None)
        assert before.keys() == {"bot-a", "bot-b"}
        seen = {before["bot-a"]}
        for event in (one.account(5), one.status(61), one.decision(62)):
            await store.append([event])
            found = await store.revisions(["bot-a", "nobody", "bot-b"])
            assert found.keys() == before.keys()
            assert found["bot-b"] == before["bot-b"]
            assert found["bot-a"] not in seen
            seen.add(found["bot-a"])
        newest = await store.revisions(["bot-a"])
        await store.append([first])
        await store.report_rejected(bot_id="bot-a", at=START, message="no such field")
        assert await store.revisions(["bot-a"]) == newest
        assert await store.revisions([]) == {}

    place.run(scenario)


def test_commits_of_another_store_change_it_at_once(place: Place) -> None:
    """Two servers on one database: the one that only reads sees what the other kept."""
    if not place.backend.shared:
        return

    async def scenario(store: Store) -> None:
        bot, other = Bot(), place.store()
        await other.open()
        try:
            await other.append([bot.account(1)])
            before = await store.revisions(None)
            await other.append([bot.account(2)])
            assert (await store.revisions(None))["bot-a"] != before["bot-a"]
        finally:
            await other.close()

    place.run(scenario)
