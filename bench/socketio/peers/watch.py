"""How long the garbage collector stops a Python server; the servers of the peers have their own environment."""

import gc
import json
import time


class CollectorWatch:
    def __init__(self):
        self.began = 0.0
        self.longest_s = 0.0
        gc.callbacks.append(self)

    def __call__(self, phase, info):
        if phase == "start":
            self.began = time.perf_counter()
        else:
            self.longest_s = max(self.longest_s, time.perf_counter() - self.began)

    def report(self, *_):
        longest_s = self.longest_s
        began = time.perf_counter()
        gc.collect()
        full_s = time.perf_counter() - began
        print(json.dumps({"longest_gc_ms": longest_s * 1000, "full_gc_ms": full_s * 1000}), flush=True)
