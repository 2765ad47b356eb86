"""One module for each rule or a few close relatives, by family; discovery walks this package."""
