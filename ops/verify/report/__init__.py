"""A run as text, JSON, JUnit's XML, and one page of HTML."""
