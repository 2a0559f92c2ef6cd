"""Tests of the parts that run no program: python3 -m unittest discover Benchmarks"""

import unittest

from densenet_bench.cases import choose
from densenet_bench.check import compare
from densenet_bench.command import parse
from densenet_bench.measure import Failure, run_json, turns
from densenet_bench.report import spread, summarize, table


def result(rate, memory, **more):
    return {"rate": rate, "peak_memory_bytes": memory * 2**20, **more}


OURS = [result(rate, 100, gflops_per_second=rate / 2, peak_gflops_per_second=100) for rate in (300, 310, 290)]
RESULTS = {"ours": OURS, "fast": [result(100, 500), result(90, 520), result(110, 510)], "lean": [result(50, 400)]}


class ReportTests(unittest.TestCase):
    def test_spread_of_odd_even_and_single_counts(self):
        self.assertEqual(spread([3, 1, 2]), {"median": 2, "min": 1, "max": 3})
        self.assertEqual(spread([4, 1, 3, 2]), {"median": 2.5, "min": 1, "max": 4})
        self.assertEqual(spread([7]), {"median": 7, "min": 7, "max": 7})

    def test_ratios_name_the_fastest_and_the_leanest_peer(self):
        summary = summarize("rate", "ours", RESULTS)
        self.assertEqual(summary["best_peer"], {"speed": "fast", "memory": "lean"})
        self.assertAlmostEqual(summary["speed_ratio"], 3.0)
        self.assertAlmostEqual(summary["memory_ratio"], 0.25)

    def test_shares_follow_from_our_count_of_operations(self):
        summary = summarize("rate", "ours", RESULTS)
        self.assertAlmostEqual(summary["limit"], 200)
        shares = {name: program["share_of_peak"] for name, program in summary["programs"].items()}
        for name, share in {"ours": 1.5, "fast": 0.5, "lean": 0.25}.items():
            self.assertAlmostEqual(shares[name], share)
        self.assertEqual(summary["programs"]["fast"]["turns"], RESULTS["fast"])

    def test_without_peers_there_are_no_ratios(self):
        summary = summarize("rate", "ours", {"ours": OURS})
        self.assertNotIn("speed_ratio", summary)
        self.assertIn("150%", table("alone", "rate", "images/s", "ours", summary))

    def test_table(self):
        lines = table("title", "rate", "images/s", "ours", summarize("rate", "ours", RESULTS)).splitlines()
        self.assertEqual(lines[0], "title")
        self.assertEqual(lines[2].split(), ["ours", "300.0", "290.0–310.0", "1.00x", "150%", "100", "1.00x"])
        self.assertEqual(lines[3].split(), ["fast", "100.0", "90.0–110.0", "3.00x", "50%", "510", "0.20x"])
        self.assertEqual({len(line) for line in lines[1:5]}, {len(lines[1])})
        self.assertEqual(lines[-1], "ours: 3.00x the speed of fast, 0.25x the memory of lean.")


class MeasureTests(unittest.TestCase):
    def test_peers_run_before_and_after_every_turn_of_ours(self):
        self.assertEqual(turns("us", ["a", "b"], 2), ["a", "b", "us", "a", "b", "us", "a", "b"])
        self.assertEqual(turns("us", [], 3), ["us"] * 3)

    def test_a_program_that_is_absent_fails_or_prints_nothing_is_a_failure(self):
        for program, text in {"/no/such/program": "No such file", "false": "ended with 1", "true": "no JSON"}.items():
            with self.assertRaisesRegex(Failure, text):
                run_json([program])
        self.assertEqual(run_json(["echo", 'noise {"a": 1}']), {"a": 1})


class CheckTests(unittest.TestCase):
    def test_compares_relatively(self):
        self.assertTrue(compare("peer", 1, 2.001, 2.0, 1e-3)["passed"])
        self.assertFalse(compare("peer", 1, 2.01, 2.0, 1e-3)["passed"])
        self.assertAlmostEqual(compare("peer", 1, 2.01, 2.0, 1e-3)["relative_error"], 0.005)

    def test_no_number_never_passes(self):
        for ours, theirs in ((float("nan"), 2.0), (2.0, float("nan")), (float("inf"), float("inf"))):
            self.assertFalse(compare("peer", 1, ours, theirs, 1.0)["passed"])


class OptionTests(unittest.TestCase):
    def test_quick_changes_defaults_and_not_what_was_named(self):
        quick = parse(["--quick", "--rounds", "2"])
        self.assertEqual((quick.rounds, quick.batch_size, quick.peers), (2, 32, ["torch-channels_last"]))
        self.assertEqual((parse([]).rounds, parse([]).batch_size, parse([]).peers), (3, 256, None))

    def test_chooses_known_names_only(self):
        self.assertEqual(choose("peers", ["a", "b"], None), ["a", "b"])
        self.assertEqual(choose("peers", ["a", "b"], ["b"]), ["b"])
        self.assertEqual(choose("peers", ["a", "b"], []), [])
        with self.assertRaisesRegex(Failure, "--peers c: not known; the names are a, b"):
            choose("peers", ["a", "b"], ["c"])


if __name__ == "__main__":
    unittest.main()
