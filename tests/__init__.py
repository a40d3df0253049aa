"""Tests of singtrans.

Each process uses one thread, because the threads of several test processes would slow each other down. The limit is set
before numpy is imported. It also applies to the processes that tests start.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
