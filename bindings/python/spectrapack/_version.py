"""The package's version; major and minor are those of the library that it needs."""

__version__ = "0.1.0"
