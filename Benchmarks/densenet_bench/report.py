"""Medians, ratios and the table: pure functions of what was measured."""

import statistics


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def summarize(rate, ours, results, variants=()):
    """Medians of a case, each program's share of the machine's peak, and ours against the best peers.

    - results: program's name -> its results in turn, those of the program `ours` with operations and peak.
    - variants: the names of further programs of ours, which are nobody's peers.

    Every program computes the same network, so a share follows from its rate and our count of operations. Speed is
    compared with the fastest peer, memory with the one that takes least: they may be two.
    """
    mine = results[ours]
    operations = statistics.median(r["gflops_per_second"] / r[rate] for r in mine)
    peak = statistics.median(r["peak_gflops_per_second"] for r in mine)
    programs = {}
    for name, turns in results.items():
        rates, memory = (spread([turn[key] for turn in turns]) for key in (rate, "peak_memory_bytes"))
        share = rates["median"] * operations / peak
        programs[name] = {rate: rates, "peak_memory_bytes": memory, "share_of_peak": share, "turns": turns}
    summary = {"peak_gflops_per_second": peak, "limit": peak / operations, "programs": programs}
    peers = [name for name in results if name != ours and name not in variants]
    if peers:
        fastest = max(peers, key=lambda name: programs[name][rate]["median"])
        leanest = min(peers, key=lambda name: programs[name]["peak_memory_bytes"]["median"])
        summary["best_peer"] = {"speed": fastest, "memory": leanest}
        summary["speed_ratio"] = ratio(programs, ours, fastest, rate)
        summary["memory_ratio"] = ratio(programs, ours, leanest, "peak_memory_bytes")
        summary["variants"] = {
            name: {
                "speed_ratio": ratio(programs, name, fastest, rate),
                "memory_ratio": ratio(programs, name, leanest, "peak_memory_bytes"),
            }
            for name in variants
        }
    return summary


def ratio(programs, ours, peer, key):
    """Ours over theirs, of medians."""
    return programs[ours][key]["median"] / programs[peer][key]["median"]


def table(title, rate, unit, ours, summary):
    """Lines for a person."""
    programs = summary["programs"]
    lines = [title, f"{'':<20} {unit:>12} {'range':>15} {'ratio':>7} {'of peak':>8} {'memory, MiB':>12} {'ratio':>7}"]
    for name, program in programs.items():
        speed, memory = program[rate], program["peak_memory_bytes"]["median"]
        span = f"{speed['min']:.1f}–{speed['max']:.1f}"
        # How many times as fast ours is, and which part of this program's memory ours takes.
        times = ratio(programs, ours, name, rate)
        part = ratio(programs, ours, name, "peak_memory_bytes")
        lines.append(
            f"{name:<20} {speed['median']:12.1f} {span:>15} {times:6.2f}x {program['share_of_peak']:8.0%} "
            f"{memory / 2**20:12.0f} {part:6.2f}x"
        )
    lines.append(
        f"The machine's fp32 multiply-add peak: {summary['peak_gflops_per_second']:.0f} GFLOP/s, "
        f"or {summary['limit']:.0f} {unit} by direct convolution."
    )
    if "best_peer" in summary:
        best = summary["best_peer"]
        for name, ratios in {ours: summary, **summary["variants"]}.items():
            lines.append(
                f"{name}: {ratios['speed_ratio']:.2f}x the speed of {best['speed']}, "
                f"{ratios['memory_ratio']:.2f}x the memory of {best['memory']}."
            )
    return "\n".join(lines)
