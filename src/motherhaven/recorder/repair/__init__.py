"""What is done for a journal that is damaged or gone, so that nothing recorded is lost."""
