"""Tests of the parts that run no program: python3 -m unittest discover Benchmarks"""

import json
import math
import os
import struct
import tempfile
import unittest

from densenet_bench.cases import all_cases, choose, words
from densenet_bench.check import compare, compare_logits, read_floats
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

    def test_variants_are_ours_and_nobodys_peers(self):
        results = {**RESULTS, "ours-lean": [result(200, 20)]}
        summary = summarize("rate", "ours", results, ["ours-lean"])
        self.assertEqual(summary["best_peer"], {"speed": "fast", "memory": "lean"})
        self.assertEqual(summary["variants"]["ours-lean"], {"speed_ratio": 2.0, "memory_ratio": 0.05})
        lines = table("title", "rate", "images/s", "ours", summary).splitlines()
        self.assertEqual(lines[-1], "ours-lean: 2.00x the speed of fast, 0.05x the memory of lean.")

    def test_table(self):
        lines = table("title", "rate", "images/s", "ours", summarize("rate", "ours", RESULTS)).splitlines()
        self.assertEqual(lines[0], "title")
        self.assertEqual(lines[2].split(), ["ours", "300.0", "290.0–310.0", "1.00x", "150%", "100", "1.00x"])
        self.assertEqual(lines[3].split(), ["fast", "100.0", "90.0–110.0", "3.00x", "50%", "510", "0.20x"])
        self.assertEqual({len(line) for line in lines[1:5]}, {len(lines[1])})
        self.assertEqual(lines[-1], "ours: 3.00x the speed of fast, 0.25x the memory of lean.")


class MeasureTests(unittest.TestCase):
    def test_peers_run_before_and_after_every_turn_of_ours(self):
        self.assertEqual(turns(["us"], ["a", "b"], 2), ["a", "b", "us", "a", "b", "us", "a", "b"])
        self.assertEqual(turns(["us"], [], 3), ["us"] * 3)
        self.assertEqual(turns(["us", "us too"], ["a"], 1), ["a", "us", "us too", "a"])

    def test_a_program_that_is_absent_fails_or_prints_nothing_is_a_failure(self):
        for program, text in {"/no/such/program": "No such file", "false": "ended with 1", "true": "no JSON"}.items():
            with self.assertRaisesRegex(Failure, text):
                run_json([program])
        self.assertEqual(run_json(["echo", 'noise {"a": 1}']), {"a": 1})


class CheckTests(unittest.TestCase):
    def test_compares_relatively(self):
        self.assertTrue(compare("peer", 1, 2.001, 2.0, 1e-3)["passed"])
        self.assertFalse(compare("peer", 1, 2.01, 2.0, 1e-3)["passed"])
        self.assertAlmostEqual(compare("peer", 1, 2.01, 2.0, 1e-3)["error"], 0.005)

    def test_no_number_never_passes(self):
        for ours, theirs in ((float("nan"), 2.0), (2.0, float("nan")), (float("inf"), float("inf"))):
            self.assertFalse(compare("peer", 1, ours, theirs, 1.0)["passed"])


    def test_logits_are_compared_with_the_largest(self):
        self.assertAlmostEqual(compare_logits("peer", [1.0, -4.0], [1.0, -4.02], 1e-2)["error"], 0.02 / 4.02)
        self.assertTrue(compare_logits("peer", [1.0, -4.0], [1.0, -4.02], 1e-2)["passed"])
        self.assertFalse(compare_logits("peer", [1.2, -4.0], [1.0, -4.0], 1e-2)["passed"])
        self.assertFalse(compare_logits("peer", [1.0, math.nan, 1.0], [1.0, 1.0, 1.0], 1.0)["passed"])
        with self.assertRaises(ValueError):
            compare_logits("peer", [1.0], [1.0, 2.0], 1.0)

    def test_reads_a_tensor_of_a_file(self):
        tensors = {
            "other": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
            "logits": {"dtype": "F32", "shape": [1, 2], "data_offsets": [8, 16]},
        }
        header = json.dumps(tensors).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "t.safetensors")
            with open(path, "wb") as file:
                file.write(struct.pack("<Q", len(header)) + header + struct.pack("<qff", 7, 1.5, -2.0))
            self.assertEqual(list(read_floats(path, "logits")), [1.5, -2.0])


class CaseTests(unittest.TestCase):
    def cases(self, *options):
        return {case.name: case for case in all_cases("densenet", "python", parse(list(options)))}

    def test_every_precision_of_every_network(self):
        cases = self.cases()
        self.assertEqual(len(cases), 8)
        for name in ("train-d2l-fp32", "train-densenet121-bf16", "predict-densenet121-fp32-batch1"):
            self.assertIn(name, cases)
        for case in cases.values():
            names = [program.name for program in (case.ours, *case.variants, *case.peers)]
            self.assertEqual(len(names), len(set(names)), case.name)

    def test_each_case_has_sizes_of_its_own_and_options_change_them(self):
        sizes = {name: (case.settings["batch_size"], case.settings["size"]) for name, case in self.cases().items()}
        self.assertEqual(sizes["train-d2l-fp32"], (256, 96))
        self.assertEqual(sizes["train-densenet121-fp32"], (32, 224))
        self.assertEqual(sizes["predict-densenet121-bf16-batch16"], (16, 224))
        changed = self.cases("--batch-size", "3", "--size", "64")
        self.assertIn("predict-densenet121-fp32-batch3", changed)
        for case in changed.values():
            self.assertEqual((case.settings["batch_size"], case.settings["size"]), (3, 64))

    def test_runtimes_without_bf16_are_left_out(self):
        for precision, there in {"fp32": True, "bf16": False}.items():
            case = self.cases()[f"predict-densenet121-{precision}-batch16"]
            self.assertEqual("onnxruntime" in [peer.name for peer in case.peers], there)

    def test_recomputation_is_measured_where_there_are_bottlenecks(self):
        cases = self.cases()
        self.assertEqual([v.command[-1] for v in cases["train-densenet121-fp32"].variants], ["--memory-efficient"])
        self.assertEqual(cases["train-d2l-fp32"].variants, [])

    def test_words(self):
        self.assertEqual(words({"batch_size": 1, "model": "d2l"}), ["--batch-size", 1, "--model", "d2l"])


class OptionTests(unittest.TestCase):
    def test_quick_changes_defaults_and_not_what_was_named(self):
        quick = parse(["--quick", "--rounds", "2"])
        self.assertEqual((quick.rounds, quick.steps, quick.peers), (2, 2, ["torch-channels_last"]))
        self.assertEqual((parse([]).rounds, parse([]).steps, parse([]).peers), (3, 4, None))

    def test_chooses_known_names_only(self):
        self.assertEqual(choose("peers", ["a", "b"], None), ["a", "b"])
        self.assertEqual(choose("peers", ["a", "b"], ["b"]), ["b"])
        self.assertEqual(choose("peers", ["a", "b"], []), [])
        self.assertEqual(choose("cases", ["train-a", "predict-a", "train-b"], ["train-*"]), ["train-a", "train-b"])
        with self.assertRaisesRegex(Failure, "--peers c: not known; the names are a, b"):
            choose("peers", ["a", "b"], ["c"])


if __name__ == "__main__":
    unittest.main()
