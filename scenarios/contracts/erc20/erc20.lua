-- A token after ERC-20; the whole supply belongs to the deployer at first.
local nobody = "0x0000000000000000000000000000000000000000"
local unlimited = u256("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")

local function move(from, to, amount)
  require(to ~= nobody, "token: nobody")
  local owned = get_number("balance:" .. from)
  require(owned >= amount, "token: balance")
  set("balance:" .. from, owned - amount)
  set("balance:" .. to, get_number("balance:" .. to) + amount)
  emit("Transfer(address,address,uint256)", 2, from, to, amount)
end

return {
  ["constructor(uint256)"] = function(supply)
    set("supply", supply)
    set("balance:" .. msg.sender, supply)
    emit("Transfer(address,address,uint256)", 2, nobody, msg.sender, supply)
  end,
  ["transfer(address,uint256)"] = function(to, amount)
    move(msg.sender, to, amount)
    return true
  end,
  ["approve(address,uint256)"] = function(spender, amount)
    set("allowance:" .. msg.sender .. spender, amount)
    emit("Approval(address,address,uint256)", 2, msg.sender, spender, amount)
    return true
  end,
  ["transferFrom(address,address,uint256)"] = function(from, to, amount)
    local key = "allowance:" .. from .. msg.sender
    local allowed = get_number(key)
    require(allowed >= amount, "token: allowance")
    if allowed ~= unlimited then set(key, allowed - amount) end
    move(from, to, amount)
    return true
  end,
  ["balanceOf(address)"] = function(owner) return get_number("balance:" .. owner) end,
  ["allowance(address,address)"] = function(owner, spender)
    return get_number("allowance:" .. owner .. spender)
  end,
  ["totalSupply()"] = function() return get_number("supply") end,
}
