"""``python -m sqlflow_cli``, where no script is on the path."""

from sqlflow_cli.main import main

main()
