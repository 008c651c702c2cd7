"""Sizes of a pipeline: named presets, each value an option of its own (`--size=quick --rows=500`)."""

import argparse


def chosen(**presets):
    """The preset that --size names, with the values given on the command line in their places."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=presets, default="quick")
    for name in presets["quick"]:
        parser.add_argument(f"--{name}", type=int)
    given = vars(parser.parse_args())
    preset = presets[given.pop("size")]
    return argparse.Namespace(**{name: preset[name] if value is None else value for name, value in given.items()})
