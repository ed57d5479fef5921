"""`python -m connectors.web.load`: see `--help`."""

from connectors.web.load.run import main

if __name__ == "__main__":
    raise SystemExit(main())
