"""What every answer and request gets, whoever asks: headers, checks of text, plain pages."""
