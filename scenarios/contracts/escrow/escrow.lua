-- Holds the ledger's own currency between two parties: the payer releases, the payee refunds.
local nobody = "0x0000000000000000000000000000000000000000"
local none, held, released, refunded = u256(0), u256(1), u256(2), u256(3)

local function finish(id, who, refusal, state, event, to)
  require(get_number("state:" .. id) == held, "escrow: not held")
  require(get(who .. id) == msg.sender, refusal)
  -- Before the payment: a call back into this contract finds the deal closed.
  set("state:" .. id, state)
  emit(event, 1, id)
  require(call(get(to .. id), get_number("amount:" .. id)), "escrow: payment failed")
end

return {
  ["payable deposit(bytes32,address)"] = function(id, payee)
    require(get_number("state:" .. id) == none, "escrow: taken")
    require(payee ~= nobody, "escrow: nobody")
    require(msg.value ~= u256(0), "escrow: nothing")
    set("payer:" .. id, msg.sender)
    set("payee:" .. id, payee)
    set("amount:" .. id, msg.value)
    set("state:" .. id, held)
    emit("Deposited(bytes32,address,address,uint256)", 3, id, msg.sender, payee, msg.value)
  end,
  ["release(bytes32)"] = function(id)
    finish(id, "payer:", "escrow: not the payer", released, "Released(bytes32)", "payee:")
  end,
  ["refund(bytes32)"] = function(id)
    finish(id, "payee:", "escrow: not the payee", refunded, "Refunded(bytes32)", "payer:")
  end,
  ["stateOf(bytes32)"] = function(id) return get_number("state:" .. id) end,
  ["amountOf(bytes32)"] = function(id) return get_number("amount:" .. id) end,
}
