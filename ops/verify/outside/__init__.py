"""What can be seen of any site from outside, without knowing its configuration."""
