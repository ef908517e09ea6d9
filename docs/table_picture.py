#!/usr/bin/python3
"""Turns the terminal table of a comparison (standard input) into an SVG picture (standard output).

    ./lab demo | /usr/bin/python3 docs/table_picture.py > docs/families.svg
"""
import html
import sys

LINE, CHAR, PAD = 19, 8.05, 18


def main():
    lines = []
    for line in sys.stdin.read().splitlines():
        if line.startswith(("lab:", "what is real", "reproduce:", "results:")):
            if line.startswith("lab:"):
                continue
            break
        lines.append(line.rstrip())
    while lines and not lines[-1]:
        lines.pop()
    width = int(max(map(len, lines)) * CHAR + 2 * PAD)
    height = len(lines) * LINE + 2 * PAD
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}">',
           f'<rect width="{width}" height="{height}" rx="8" fill="#14202b"/>',
           '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13.3">']
    for i, line in enumerate(lines):
        color = "#8fa8bd" if line.startswith(("---", "(x)", "finality of")) else "#e6edf3"
        if line.startswith("metric") or i == 0:
            color = "#7cc7ff"
        out.append(f'<text x="{PAD}" y="{PAD + (i + 1) * LINE - 5}" fill="{color}" '
                   f'xml:space="preserve">{html.escape(line)}</text>')
    out.append("</g>\n</svg>")
    print("\n".join(out))


main()
