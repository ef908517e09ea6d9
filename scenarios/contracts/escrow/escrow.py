#!python3
# Holds the ledger's own currency between two parties: the payer releases, the payee refunds.
NONE, HELD, RELEASED, REFUNDED = range(4)


def deposit(deal, payee):
    require(get_number(b"state" + deal) == NONE, "escrow: taken")
    require(payee != bytes(20), "escrow: nobody")
    require(msg.value != 0, "escrow: nothing")
    set(b"payer" + deal, msg.sender)
    set(b"payee" + deal, payee)
    set(b"amount" + deal, msg.value)
    set(b"state" + deal, HELD)
    emit("Deposited(bytes32,address,address,uint256)", 3, deal, msg.sender, payee, msg.value)


def finish(deal, who, refusal, state, event, to):
    require(get_number(b"state" + deal) == HELD, "escrow: not held")
    require(get(who + deal) == msg.sender, refusal)
    # Before the payment: a call back into this contract finds the deal closed.
    set(b"state" + deal, state)
    emit(event, 1, deal)
    paid, _ = call(get(to + deal), get_number(b"amount" + deal))
    require(paid, "escrow: payment failed")


serve({
    "payable deposit(bytes32,address)": deposit,
    "release(bytes32)": lambda deal: finish(
        deal, b"payer", "escrow: not the payer", RELEASED, "Released(bytes32)", b"payee"),
    "refund(bytes32)": lambda deal: finish(
        deal, b"payee", "escrow: not the payee", REFUNDED, "Refunded(bytes32)", b"payer"),
    "stateOf(bytes32)": lambda deal: get_number(b"state" + deal),
    "amountOf(bytes32)": lambda deal: get_number(b"amount" + deal),
})
