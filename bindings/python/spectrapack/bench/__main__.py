"""The command line: one subcommand a benchmark."""

import argparse
import importlib.util
import sys


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m spectrapack.bench", description="Benchmarks of spectrapack.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="BENCHMARK")
    if importlib.util.find_spec("numpy") is None:
        sys.exit("spectrapack.bench needs NumPy")
    from . import transfer

    transfer.add_arguments(commands)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
