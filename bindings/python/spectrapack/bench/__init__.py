"""Benchmarks that come with the package: ``python -m spectrapack.bench --help``."""
