"""``python -m linkage.cli``: the same as ``cldlink``, where the script is not on the path."""

from linkage.cli.main import main

# Worker processes import this module under another name.
if __name__ == "__main__":
    main()
