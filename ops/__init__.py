"""What is wanted and what a host has, to a plan; the plan shown or run, and taken back."""
