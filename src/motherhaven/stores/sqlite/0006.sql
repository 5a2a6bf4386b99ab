-- Why something went wrong, by its code; what was kept before has none and is read from its text.
ALTER TABLE errors ADD COLUMN code TEXT;
