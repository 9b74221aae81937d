"""``python -m lstm_core``: the command line."""

import sys

if __name__ == "__main__":
    try:
        from lstm_core.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(main(sys.argv[1:]))
