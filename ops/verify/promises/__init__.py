"""What the configuration that really runs promises for each location, and whether a request there sees it."""
