-- A computation without end in itself: n steps of a linear congruential generator modulo 2^32.
return {
  ["compute(uint256)"] = function(n)
    local x = tonumber(get_number("last"))
    local steps = tonumber(n) or math.maxinteger
    for i = 1, steps do x = (x * 1664525 + 1013904223) & 0xffffffff end
    set("last", x)
    return x
  end,
  ["last()"] = function() return get_number("last") end,
}
