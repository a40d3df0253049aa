"""Tests of singtrans.

Each process has one thread, because threads of several test processes slow each other down on a busy machine. This is
set before numpy is imported, and also applies to processes that tests start.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
