#!python3
# A token after ERC-20; the whole supply belongs to the deployer at first.
NOBODY = bytes(20)
UNLIMITED = 2**256 - 1


def constructor(supply):
    set(b"supply", supply)
    set(b"balance" + msg.sender, supply)
    emit("Transfer(address,address,uint256)", 2, NOBODY, msg.sender, supply)


def move(source, to, amount):
    require(to != NOBODY, "token: nobody")
    owned = get_number(b"balance" + source)
    require(owned >= amount, "token: balance")
    set(b"balance" + source, owned - amount)
    set(b"balance" + to, get_number(b"balance" + to) + amount)
    emit("Transfer(address,address,uint256)", 2, source, to, amount)


def transfer(to, amount):
    move(msg.sender, to, amount)
    return True


def approve(spender, amount):
    set(b"allowance" + msg.sender + spender, amount)
    emit("Approval(address,address,uint256)", 2, msg.sender, spender, amount)
    return True


def transfer_from(source, to, amount):
    key = b"allowance" + source + msg.sender
    allowed = get_number(key)
    require(allowed >= amount, "token: allowance")
    if allowed != UNLIMITED:
        set(key, allowed - amount)
    move(source, to, amount)
    return True


serve({
    "constructor(uint256)": constructor,
    "transfer(address,uint256)": transfer,
    "approve(address,uint256)": approve,
    "transferFrom(address,address,uint256)": transfer_from,
    "balanceOf(address)": lambda owner: get_number(b"balance" + owner),
    "allowance(address,address)":
        lambda owner, spender: get_number(b"allowance" + owner + spender),
    "totalSupply()": lambda: get_number(b"supply"),
})
