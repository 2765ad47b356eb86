"""The grade that MDN's HTTP Observatory gives, algorithm 6, computed here: the preload list is not consulted."""
