"""A full-screen mail reader for the terminal."""

__version__ = "0.1.0"
