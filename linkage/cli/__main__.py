"""``python -m linkage.cli``: the same as ``cldlink``, where the script is not on the path."""

from linkage.cli.main import main

main()
