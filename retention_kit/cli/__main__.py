"""``python -m retention_kit.cli``."""

import sys

from retention_kit.cli.entry import main

sys.exit(main())
