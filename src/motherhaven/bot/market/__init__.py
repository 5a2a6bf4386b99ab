"""What the market tells: bars, prices, funding; instruments and their rules; feeds."""
