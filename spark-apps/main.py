"""What Spark submits: the application that the image is made of, by the name of its package."""

import os
import sys
from importlib import import_module

if __name__ == "__main__":
    sys.exit(import_module(f"{os.environ['PACKAGE'].replace('-', '_')}.main").main())
