"""`python -m wrenchai`: the same as the `wrenchai` command."""

from wrenchai.cli import main

if __name__ == "__main__":
    main()
