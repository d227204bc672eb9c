"""Writes test/fixtures/stats/reference.json: values of SciPy that the statistics are held against.

    pip install scipy && python3 scripts/stats-reference.py
"""
import argparse
import json
import pathlib
import sys

argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
try:
    from scipy import stats, special
except ImportError:
    sys.exit("stats-reference.py needs SciPy: pip install scipy")

OUT = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "stats" / "reference.json"

table = {
    "logGamma": [[x, float(special.gammaln(x))] for x in (0.5, 1, 1.5, 3, 10, 123.4, 1e5)],
    "incompleteBeta": [
        [x, a, b, float(special.betainc(a, b, x))]
        for x in (1e-4, 0.03, 0.5, 0.97)
        for a in (0.5, 1, 4.5, 60)
        for b in (0.5, 2, 30)
    ],
    "studentCdf": [[t, df, float(stats.t.cdf(t, df))] for t in (-12, -3.2, -0.4, 0, 1, 6) for df in (1, 2.5, 6, 40)],
    "studentQuantile": [[p, df, float(stats.t.ppf(p, df))] for p in (1e-6, 0.001, 0.025, 0.3, 0.9, 0.9995) for df in (1, 3.7, 6, 100)],
    "normalCdf": [[z, float(stats.norm.cdf(z))] for z in (-9, -4, -3, -1, 0, 0.5, 2.9, 5)],
    "normalQuantile": [[p, float(stats.norm.ppf(p))] for p in (1e-12, 1e-5, 0.025, 0.5, 0.8, 0.999999)],
    "binomialCdf": [[k, n, p, float(stats.binom.cdf(k, n, p))] for k, n, p in ((0, 10, 0.1), (3, 10, 0.4), (50, 1000, 0.04), (999, 1000, 0.99))],
    "clopperPearson": [
        [k, n, *map(float, stats.binomtest(k, n).proportion_ci(0.95, "exact"))] for k, n in ((0, 20), (1, 20), (7, 50), (20, 20), (30, 3000))
    ],
    "fisherGreater": [
        # [baseline events, trials, candidate events, trials, p]
        [a, n, b, m, float(stats.fisher_exact([[b, m - b], [a, n - a]], alternative="greater")[1])]
        for a, n, b, m in ((0, 600, 6, 600), (3, 500, 5, 300), (10, 10000, 30, 10000), (5, 50, 1, 50))
    ],
    "theilSen": [],
}
ys = [3.1, 3.0, 3.6, 3.9, 3.7, 4.4, 4.1, 5.2, 4.9, 5.0, 5.6, 5.3]
fit = stats.theilslopes(ys, list(range(len(ys))), alpha=0.95)
table["theilSen"] = {"y": ys, "slope": float(fit.slope), "low": float(fit.low_slope), "high": float(fit.high_slope)}

OUT.write_text(json.dumps(table, indent=1) + "\n")
