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

    def pay_funding(self, coin, rate, oracle):
        """size * oracle * rate is paid."""
        if coin in self.open:
            paid = self.open[coin]["size"] * oracle * rate
            self.funding -= paid
            if self.open[coin]["mode"] == "isolated":
                self.open[coin]["bucket"] -= paid

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
