"""The contract: frozen events and ids, money, the wire form, the error tree. No I/O, no clock."""
