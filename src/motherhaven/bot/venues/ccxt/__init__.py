"""Other exchanges through ccxt: binanceusdm, bybit, okx and bitget, cross margin, one-way mode."""
