"""The exchanges that are proven, one file each."""
