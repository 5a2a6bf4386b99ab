"""A second margin ledger, for tests only: the equations of the venue's manual, literally.

Shares no code and no idea with `motherhaven.bot.portfolio.ledger`: it keeps size and entry
(not cost), computes every total from scratch, and finds liquidation prices by bisection.
"""

from decimal import ROUND_DOWN, Context, Decimal

D = Decimal
CONTEXT = Context(prec=80)
TIERS = {
    "BTC": [(D(0), D(40)), (D(150_000_000), D(20))],
    "ETH": [(D(0), D(25)), (D(100_000_000), D(15))],
    "SOL": [(D(0), D(20))],
}
RATES = {"taker": D("0.00045"), "maker": D("0.00015")}


class SecondLedger:
    """One account; `open` maps coin to a dict of size, entry, leverage, mode, bucket."""

    def __init__(self, deposit):
        self.deposits, self.realized, self.fees, self.funding = deposit, D(0), D(0), D(0)
        self.open, self.mark = {}, {}

    def trade(self, coin, size, price, leverage, mode, liquidity):
        """One execution; a flip is a close and an opening with one fee."""
        fee = fee_of(size, price, liquidity)
        self.mark[coin] = price
        old = self.open.get(coin)
        if old and old["size"] * size < 0 and abs(size) > abs(old["size"]):
            closing = -old["size"]
            first = fee_of(closing, price, liquidity)
            self._close_part(coin, closing, price, first)
            self._open_part(coin, size - closing, price, fee - first, leverage, mode)
        elif old and old["size"] * size < 0:
            self._close_part(coin, size, price, fee)
        else:
            self._open_part(coin, size, price, fee, leverage, mode)

    def _open_part(self, coin, size, price, fee, leverage, mode):
        self.fees += fee
        p = self.open.setdefault(coin, {"size": D(0), "entry": D(0), "bucket": D(0), "mode": mode})
        total = p["size"] + size
        weighted = p["size"] * p["entry"] + size * price
        p["entry"] = CONTEXT.divide(weighted, total)
        p["size"], p["leverage"] = total, leverage
        if mode == "isolated":
            p["bucket"] += CONTEXT.divide(abs(size) * price, D(leverage)) - fee

    def _close_part(self, coin, size, price, fee):
        p = self.open[coin]
        sign = 1 if p["size"] > 0 else -1
        closed = abs(size)
        gain = sign * closed * (price - p["entry"])
        if p["mode"] == "isolated":
            share = CONTEXT.divide(p["bucket"] * closed, abs(p["size"]))
            if gain - fee < -share:
                gain = fee - share
            p["bucket"] -= share
        self.realized += gain
        self.fees += fee
        p["size"] += size
        if p["size"] == 0:
            del self.open[coin]
            if p["mode"] == "cross":
                self._end_at_zero(fee - gain)

    def _end_at_zero(self, lost):
        """The venue takes what the cross account lacks; while others live, of this loss alone."""
        lacking = -self.cross_value()
        if any(p["mode"] == "cross" for p in self.open.values()):
            lacking = min(lacking, lost)
        self.realized += max(lacking, D(0))

    def pay_funding(self, coin, rate, oracle):
        """size * oracle * rate is paid."""
        if coin in self.open:
            paid = self.open[coin]["size"] * oracle * rate
            self.funding -= paid
            if self.open[coin]["mode"] == "isolated":
                self.open[coin]["bucket"] -= paid

    def move_cash(self, amount):
        """Money in, or out if it is free: account value less the larger requirement."""
        if amount < 0:
            notional = sum(
                (
                    abs(p["size"]) * self.mark[c]
                    for c, p in self.open.items()
                    if p["mode"] == "cross"
                ),
                D(0),
            )
            if -amount > self.cross_value() - max(self.used(), notional / 10):
                return False
        self.deposits += amount
        return True

    def set_leverage(self, coin, leverage):
        """Isolated margin goes down to, or up to, what the new leverage needs at the mark."""
        p = self.open[coin]
        if p["mode"] == "isolated":
            need = CONTEXT.divide(abs(p["size"]) * self.mark[coin], D(leverage))
            has = p["bucket"] + self.profit(coin)
            if leverage > p["leverage"] and has > need:
                p["bucket"] -= max(min(has - need, p["bucket"]), D(0))
            elif leverage < p["leverage"] and has < need:
                if need - has > self.cross_value() - self.used():
                    return False
                p["bucket"] += need - has
        else:
            before = p["leverage"]
            p["leverage"] = leverage
            if leverage < before and self.cross_value() < self.used():
                p["leverage"] = before
                return False
        p["leverage"] = leverage
        return True

    def move_margin(self, coin, amount):
        """Into an isolated bucket what is available, out of it what no requirement holds."""
        p = self.open.get(coin)
        if p is None or p["mode"] != "isolated":
            return False
        value = abs(p["size"]) * self.mark[coin]
        need = max(CONTEXT.divide(value, D(p["leverage"])), value / 10)
        left = p["bucket"] + amount
        if amount > max(self.cross_value() - self.used(), D(0)):
            return False
        if amount < 0 and (left < 0 or left + self.profit(coin) < need):
            return False
        p["bucket"] = left
        return True

    def wallet(self):
        """deposits + realized - fees + funding."""
        return self.deposits + self.realized - self.fees + self.funding

    def profit(self, coin, mark=None):
        """size * (mark - entry)."""
        p = self.open[coin]
        return p["size"] * ((self.mark[coin] if mark is None else mark) - p["entry"])

    def equity(self):
        """wallet + unrealized."""
        return self.wallet() + sum((self.profit(c) for c in self.open), D(0))

    def cross_value(self, moved=None, mark=None):
        """wallet - buckets + unrealized of cross positions, one coin at another mark."""
        value = self.wallet()
        for coin, p in self.open.items():
            if p["mode"] == "isolated":
                value -= p["bucket"]
            else:
                value += self.profit(coin, mark if coin == moved else None)
        return value

    def maintenance(self, coin, mark):
        """The tiers' rates added up slice by slice: no deductions."""
        notional = abs(self.open[coin]["size"]) * mark
        total = D(0)
        bounds = [*(lower for lower, _ in TIERS[coin][1:]), None]
        for (lower, most), upper in zip(TIERS[coin], bounds, strict=True):
            piece = (notional if upper is None else min(notional, upper)) - lower
            if piece > 0:
                total += CONTEXT.divide(piece, 2 * most)
        return total

    def health(self, coin, mark):
        """What is left above maintenance if `coin` stood at `mark`."""
        if self.open[coin]["mode"] == "isolated":
            return (
                self.open[coin]["bucket"] + self.profit(coin, mark) - self.maintenance(coin, mark)
            )
        needed = sum(
            (
                self.maintenance(c, mark if c == coin else self.mark[c])
                for c, p in self.open.items()
                if p["mode"] == "cross"
            ),
            D(0),
        )
        return self.cross_value(coin, mark) - needed

    def used(self):
        """Initial margin of the cross positions."""
        return sum(
            (
                CONTEXT.divide(abs(p["size"]) * self.mark[c], D(p["leverage"]))
                for c, p in self.open.items()
                if p["mode"] == "cross"
            ),
            D(0),
        )


def fee_of(size, price, liquidity):
    """Cut off at six decimals."""
    return (abs(size) * price * RATES[liquidity]).quantize(D("0.000001"), ROUND_DOWN)
