"""Programs for whoever works on Parley."""
