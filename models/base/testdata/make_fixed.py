#!/usr/bin/python3
"""Writes models/base/fixed_tables.hpp and models/base/testdata/draws.tsv.

Both come from 80-digit decimal arithmetic and an own Philox in Python, so the expected values of
the golden test are independent of the C++ code they check. Usage: make_fixed.py FOLDER_OF_BASE
"""
import random
import sys
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 80
ONE = Decimal(1)
Q64 = Decimal(2) ** 64
LN2 = Decimal(2).ln()


def nearest(value):
    return int((value + Decimal("0.5")).to_integral_value(rounding="ROUND_FLOOR"))


def table(name, comment, values):
    out = [f"// {comment}", f"inline constexpr std::array<std::uint64_t, {len(values)}> {name} = {{{{"]
    for i in range(0, len(values), 4):
        out.append("    " + " ".join(f"0x{v:016x}," for v in values[i:i + 4]))
    out.append("}};\n")
    return "\n".join(out)


AS241 = {
    "a": "3.3871328727963666080e0 1.3314166789178437745e2 1.9715909503065514427e3 "
         "1.3731693765509461125e4 4.5921953931549871457e4 6.7265770927008700853e4 "
         "3.3430575583588128105e4 2.5090809287301226727e3",
    "b": "1 4.2313330701600911252e1 6.8718700749205790830e2 5.3941960214247511077e3 "
         "2.1213794301586595867e4 3.9307895800092710610e4 2.8729085735721942674e4 "
         "5.2264952788528545610e3",
    "c": "1.42343711074968357734 4.63033784615654529590 5.76949722146069140550 "
         "3.64784832476320460504 1.27045825245236838258 2.41780725177450611770e-1 "
         "2.27238449892691845833e-2 7.74545014278341407640e-4",
    "d": "1 2.05319162663775882187 1.67638483018380384940 6.89767334985100004550e-1 "
         "1.48103976427480074590e-1 1.51986665636164571966e-2 5.47593808499534494600e-4 "
         "1.05075007164441684324e-9",
    "e": "6.65790464350110377720 5.46378491116411436990 1.78482653991729133580 "
         "2.96560571828504891230e-1 2.65321895265761230930e-2 1.24266094738807843860e-3 "
         "2.71155556874348757815e-5 2.01033439929228813265e-7",
    "f": "1 5.99832206555887937690e-1 1.36929880922735805310e-1 1.48753612908506148525e-2 "
         "7.86869131145613259100e-4 1.84631831751005468180e-5 1.42151175831644588870e-7 "
         "2.04426310338993978564e-15",
}


def tables():
    reciprocal, logs, powers = [], [], []
    for i in range(128):
        middle = ONE + (Decimal(i) + Decimal("0.5")) / 128
        c = nearest(512 / middle)
        reciprocal.append(c)
        logs.append(nearest((Decimal(512) / c).ln() * Q64))
        powers.append(nearest((LN2 * i / 128).exp() * Q64 / 2))
    out = ["// Constants of models/base/fixed.cpp, written by models/base/testdata/make_fixed.py.",
           "#pragma once\n", "#include <array>", "#include <cstdint>\n",
           "namespace ledgerlab::fixed {\n",
           "// clang-format off",
           table("reciprocal_table", "round(512 / m) for m in the middle of [1 + i/128, 1 + (i+1)/128).",
                 reciprocal),
           table("log_table", "ln(512 / reciprocal_table[i]), 64 fractional bits.", logs),
           table("power_table", "2^(i/128), 63 fractional bits.", powers),
           f"// ln 2 with 120 fractional bits, high and low word.",
           f"inline constexpr std::uint64_t ln2_q120_high = 0x{nearest(LN2 * 2**120) >> 64:016x};",
           f"inline constexpr std::uint64_t ln2_q120_low = 0x{nearest(LN2 * 2**120) % 2**64:016x};",
           f"// ln 2 with 64 and 1 / ln 2 with 63 fractional bits.",
           f"inline constexpr std::uint64_t ln2_q64 = 0x{nearest(LN2 * 2**64):016x};",
           f"inline constexpr std::uint64_t inverse_ln2_q63 = 0x{nearest(2**63 / LN2):016x};\n",
           "// Wichura, Algorithm AS 241 (Applied Statistics 37, 1988), PPND16: numerators a c e over",
           "// denominators b d f, lowest power first, 44 fractional bits."]
    for name, text in AS241.items():
        values = [nearest(Decimal(v) * 2**44) for v in text.split()]
        out.append(f"inline constexpr std::array<std::int64_t, 8> as241_{name} = {{{{")
        for i in range(0, 8, 4):
            out.append("    " + " ".join(f"{v}," for v in values[i:i + 4]))
        out.append("}};")
    out += ["// clang-format on\n", "}  // namespace ledgerlab::fixed", ""]
    return "\n".join(out)


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [p1 >> 32 ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, p0 >> 32 ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def purpose(name):
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def draw64(seed, stream, name, counter):
    out = philox([counter & 0xFFFFFFFF, counter >> 32, stream, purpose(name)],
                 [seed & 0xFFFFFFFF, seed >> 32])
    return out[0] | out[1] << 32


def normal_cdf(z):
    """Phi(z) = 1/2 + phi(z) * (z + z^3/3 + z^5/15 + ...)."""
    term, total, n = z, z, 1
    while abs(term) > Decimal(10) ** -70:
        n += 2
        term = term * z * z / n
        total += term
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620")
    return Decimal("0.5") + total * (-z * z / 2).exp() / (2 * pi).sqrt()


def normal_quantile(p):
    from statistics import NormalDist
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620")
    tail = p if p < Decimal("0.5") else 1 - p
    z = Decimal(NormalDist().inv_cdf(float(tail)))
    for _ in range(6):
        z -= (normal_cdf(z) - tail) / ((-z * z / 2).exp() / (2 * pi).sqrt())
    return z if p < Decimal("0.5") else -z


def clear(value):
    """False next to an integer, where the last fixed-point bit decides which way to round."""
    return abs(value - value.to_integral_value()) > Decimal("0.000001")


def floor(value):
    return int(value.to_integral_value(rounding="ROUND_FLOOR"))


def draws():
    rng = random.Random(1)
    edge = [0, 1, 2**64 - 1, 2**64 - 2, 2**63, 2**63 - 1, 2**32, 12345678901234567890]
    words = edge + [rng.getrandbits(64) for _ in range(24)] + [rng.getrandbits(40) for _ in range(4)]
    limit = 2**63 - 1
    rows = [("# function", "arguments...", "expected (models/base/testdata/make_fixed.py)")]
    for i in range(24):
        seed, stream = rng.getrandbits(64), rng.getrandbits(32)
        counter, name = rng.getrandbits(64), ["net.jitter", "raft.election_timeout", "a", ""][i % 4]
        rows.append(("draw64", seed, stream, name, counter, draw64(seed, stream, name, counter)))
    for u in words:
        unit = Decimal(u + 1) / Q64
        for n in (1, 7, 1000, 10**9, 2**64 - 1):
            rows.append(("below", u, n, u * n >> 64))
        for mean in (1, 1000, 37_123_456, 5 * 10**9, 86_400 * 10**9):
            rows.append(("exponential", u, mean, floor(-unit.ln() * mean)))
        for num, den in ((600 * 10**9, 7), (2**63 - 1, 2**40 + 1), (3, 2), (2**63 - 1, 1)):
            value = floor(-unit.ln() * num / den)
            if den > 1 or value > limit:  # a mean near 2^63 is not exact below the limit
                rows.append(("exponential_ratio", u, num, den, min(value, limit)))
        middle = (Decimal(u) + Decimal("0.5")) / Q64
        z = normal_quantile(middle)
        for mean, dev in ((10**6, 10**5), (10**6, 10**6), (0, 1000), (250 * 10**6, 10**7)):
            if clear(mean + dev * z):
                rows.append(("normal", u, mean, dev,
                             max(0, floor(mean + dev * z))))
        for scale, shape in ((1000, 1000), (10**6, 1500), (10**6, 2500), (10**9, 150), (1, 60000)):
            exponent = -unit.ln() * 1000 / shape
            value = limit if exponent > 60 else floor(scale * exponent.exp())
            if value >= limit or value < 2**50 and clear(scale * exponent.exp()):
                rows.append(("pareto", u, scale, shape, min(value, limit)))
    for _ in range(40):
        x, y = rng.getrandbits(64), rng.getrandbits(64)
        truth = nearest(((Decimal(x) / Q64).ln() * Decimal(y) / Q64).exp() * Q64)
        rows.append(("pow", x, y, truth))
    for f, sigma in ((20, 10**6), (20, 3), (20, 1), (2, 7), (1000, 123456)):
        x, y = floor(Q64 * (f - 1) / f), min(floor(Q64 / sigma), 2**64 - 1)
        truth = nearest(((Decimal(x) / Q64).ln() * Decimal(y) / Q64).exp() * Q64)
        rows.append(("pow", x, y, min(truth, 2**64 - 1)))
    return "\n".join("\t".join(str(c) for c in row) for row in rows) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "fixed_tables.hpp").write_text(tables())
    (folder / "testdata" / "draws.tsv").write_text(draws())
