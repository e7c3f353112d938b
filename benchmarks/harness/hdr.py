"""A histogram with a bounded relative error: the idea of HdrHistogram (Gil Tene), in forty lines.

Values are whole numbers from 0 to 2^62. Each is counted in a bucket that is at most 1/128 of it wide; below 256 each value
has a bucket of its own. Recording is a few steps of arithmetic whatever has been recorded before, histograms add up.
"""
from collections import Counter


class Histogram:
    SUB = 7  # 2^7 buckets for each doubling: an error of less than 0.8 %

    def __init__(self):
        self.buckets, self.count, self.greatest = Counter(), 0, 0

    @classmethod
    def bucket(cls, value):
        shift = max(0, value.bit_length() - cls.SUB - 1)
        return (shift << cls.SUB + 1) + (value >> shift)

    @classmethod
    def highest(cls, bucket):
        """The greatest value of a bucket."""
        shift, top = bucket >> cls.SUB + 1, bucket & (1 << cls.SUB + 1) - 1
        return (top + 1 << shift) - 1

    def record(self, value, times=1):
        value = max(0, int(value))
        self.buckets[self.bucket(value)] += times
        self.count += times
        self.greatest = max(self.greatest, value)

    def add(self, other):
        self.buckets.update(other.buckets)
        self.count += other.count
        self.greatest = max(self.greatest, other.greatest)

    def percentile(self, share):
        """The least value that `share` per cent of all do not exceed; never too low, and None for an empty histogram."""
        if not self.count:
            return None
        wanted, seen = max(1, -(-self.count * share // 100)), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(self.highest(bucket), self.greatest)
        return self.greatest

    def steps(self):
        """(share of all in per cent, value) for each bucket, ascending."""
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            yield 100 * seen / self.count, min(self.highest(bucket), self.greatest)
