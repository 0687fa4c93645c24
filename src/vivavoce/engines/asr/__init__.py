"""Speech recognisers behind one contract."""
