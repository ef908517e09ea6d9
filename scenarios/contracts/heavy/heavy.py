#!python3
# A computation without end in itself: n steps of a linear congruential generator modulo 2^32.
def compute(n):
    x = get_number(b"last")
    for _ in range(n):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
    set(b"last", x)
    return x


serve({"compute(uint256)": compute, "last()": lambda: get_number(b"last")})
