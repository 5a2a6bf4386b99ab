"""A running bot asks who its account is when it is armed, and else not from minute to minute."""

from live_support import Live


class Counted(Live):
    """A live bot that counts how often its venue was asked."""

    def __init__(self, folder):
        super().__init__(folder)
        self.asked, answer = [], self.venue.identity

        def identity():
            self.asked.append(self.clock.now())
            return answer()

        self.venue.identity = identity


def test_arming_has_the_account_read_once(tmp_path):
    """Armed while it runs, in another terminal: the account is read anew, and then left alone."""
    live = Counted(tmp_path)
    armed_at = []
    live.steps[2] = lambda: (live.arm(), armed_at.append(live.clock.now()))
    live.run(6)
    assert len(live.asked) == 1
    assert live.asked[0] >= armed_at[0]


def test_a_bot_that_is_armed_at_its_start_does_not_read_twice(tmp_path):
    """What was read when the account was opened counts for the first look and for the arming."""
    live = Counted(tmp_path)
    live.arm()
    live.run(6)
    assert live.asked == []
