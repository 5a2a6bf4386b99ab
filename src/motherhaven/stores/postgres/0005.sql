-- The live stream asks for the position that an exit closed.
CREATE INDEX positions_exit ON positions (exit_n) WHERE exit_n IS NOT NULL;
