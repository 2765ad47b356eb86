"""The application that the image would hold."""
