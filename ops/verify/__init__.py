"""`inv verify`: proves on a live system what the files promise; what was not looked at never counts as kept."""
