"""A module that no flow needs: importing it leaves a file in the home directory."""

import os
from pathlib import Path

Path(os.environ["HOME"], "imported").touch()
