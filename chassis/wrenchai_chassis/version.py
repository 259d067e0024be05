"""The version of this installation: one for all packages of the distribution."""

from importlib.metadata import version

VERSION = version("wrenchai")
