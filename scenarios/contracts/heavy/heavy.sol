// SPDX-License-Identifier: MIT
// A computation without end in itself: n steps of a linear congruential generator modulo 2^32
// (Numerical Recipes: 1664525, 1013904223), so that every language can do exactly the same.
pragma solidity 0.8.26;

contract Heavy {
    uint256 public last;

    function compute(uint256 n) external returns (uint256) {
        uint256 x = last;
        unchecked {
            for (uint256 i = 0; i < n; ++i) {
                x = (x * 1664525 + 1013904223) & 0xffffffff;
            }
        }
        last = x;
        return x;
    }
}
