// A computation without end in itself: n steps of a linear congruential generator modulo 2^32. The
// product would exceed 2^53, where numbers stop being exact: 1664525 = 25 * 65536 + 26125.
({
  'compute(uint256)': function (n) {
    var x = Number(getNumber('last')), steps = Number(n);
    for (var i = 0; i < steps; i++) {
      x = (x * 25 % 65536 * 65536 + x * 26125 + 1013904223) % 4294967296;
    }
    setNumber('last', x);
    return x;
  },
  'last()': function () { return getNumber('last'); }
});
