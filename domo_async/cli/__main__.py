"""``python -m domo_async.cli``: the command without its script on the path."""

from domo_async.cli import main

if __name__ == "__main__":
    main()
