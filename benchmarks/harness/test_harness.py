"""python3 -m unittest discover -s benchmarks/harness: the harness' own arithmetic."""
import random
import sys
import tempfile
import unittest

import farm
import plot
import report
import usage
from hdr import Histogram


class Histograms(unittest.TestCase):
    def test_percentiles_are_never_too_low_and_less_than_a_hundredth_too_high(self):
        chance = random.Random(7)
        for greatest in (1, 255, 256, 1000, 10**6, 10**12):
            values = sorted(int(greatest * chance.random() ** 4) for _ in range(2000))
            histogram = Histogram()
            for value in values:
                histogram.record(value)
            for share in (0.01, 1, 50, 90, 99, 99.9, 100):
                true = values[max(1, -(-len(values) * share // 100).__trunc__()) - 1]
                found = histogram.percentile(share)
                self.assertGreaterEqual(found, true)
                self.assertLessEqual(found, true + true / 128 + 1)

    def test_small_values_are_exact(self):
        for value in range(256):
            histogram = Histogram()
            histogram.record(value)
            histogram.record(10**6)
            self.assertEqual(histogram.percentile(50), value)

    def test_each_value_lies_in_its_bucket(self):
        for value in [*range(5000), *(2**power + off for power in range(12, 62) for off in (-1, 0, 1))]:
            bucket = Histogram.bucket(value)
            self.assertLessEqual(value, Histogram.highest(bucket))
            self.assertGreater(Histogram.bucket(Histogram.highest(bucket) + 1), bucket)

    def test_histograms_add_up(self):
        both, left, right = Histogram(), Histogram(), Histogram()
        for value in range(0, 100_000, 37):
            both.record(value)
            (left if value % 2 else right).record(value)
        left.add(right)
        self.assertEqual(list(left.steps()), list(both.steps()))
        self.assertEqual(left.greatest, both.greatest)

    def test_nothing_has_no_percentile(self):
        self.assertIsNone(Histogram().percentile(99))


class Rates(unittest.TestCase):
    def test_the_start_and_what_comes_after_the_end_are_left_out(self):
        looks = [[0.0, 0], [3.0, 0], [3.1, 100], [4.1, 1100], [5.1, 2100], [9.0, 2100]]
        self.assertAlmostEqual(farm.steady(looks), 1000)

    def test_one_step_has_no_rate(self):
        self.assertIsNone(farm.steady([[0.0, 0], [1.0, 50], [2.0, 50]]))


class Medians(unittest.TestCase):
    def test_figures_are_taken_one_by_one_and_in_depth(self):
        rounds = [{"rate": rate, "cpu": {"worker": cpu}, "verified": "all is well"}
                  for rate, cpu in ((10, 3.5), (30, 1.5), (20, 2.5))]
        self.assertEqual(report.median(rounds), {"rate": 20, "cpu": {"worker": 2.5}, "verified": "all is well"})


class Crews(unittest.TestCase):
    def test_what_is_used_is_counted_and_output_kept(self):
        with tempfile.TemporaryDirectory() as folder, usage.Crew(folder, "worker") as crew:
            for text in ("one", "two"):
                crew.start([sys.executable, "-c", f"sum(range(10**6)); print('{text}')"])
            seconds, memory = crew.wait()
            self.assertGreater(seconds, 0)
            self.assertGreater(memory, 1)
            self.assertEqual([crew.said(0), crew.said(1)], ["one", "two"])

    def test_one_that_fails_ends_all_and_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(usage.Failure, "worker 1 ended with 3: no use"), \
                    usage.Crew(folder, "worker") as crew:
                lasting = crew.start(["sleep", "1000"])
                crew.start([sys.executable, "-c", "import sys; print('no use', file=sys.stderr); sys.exit(3)"])
                crew.wait()
            self.assertIsNotNone(lasting.returncode)


class Plots(unittest.TestCase):
    def test_the_scale_reaches_the_greatest_in_few_round_steps(self):
        for most in (0.3, 1, 7, 99, 12_345, 1_000_000):
            marks = plot.ticks(most)
            self.assertGreaterEqual(marks[-1] * (1 + 1e-9), most)
            self.assertLessEqual(len(marks), 7)

    def test_what_is_drawn_is_well_formed(self):
        from xml.etree import ElementTree
        for drawn in (plot.bars("a < b", "µs", ["x", "y"], [("one", [1, None]), ("two", [2, 3])]),
                      plot.lines("t", "y", "x", [("one", [(1, 2), (10, 3)])], True), plot.lines("t", "y", "x", []),
                      plot.percentiles("t", [("one", [(50, 1.0), (100, 9.0)])])):
            ElementTree.fromstring(drawn)


if __name__ == "__main__":
    unittest.main()
