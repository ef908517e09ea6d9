#!python3
# A registry of assets: each has an owner and the hash of a document about it.
NOBODY = bytes(20)


def owner_of(asset):
    return get(b"owner" + asset) or NOBODY


def register(asset, document):
    require(owner_of(asset) == NOBODY, "registry: taken")
    set(b"owner" + asset, msg.sender)
    set(b"hash" + asset, document)
    emit("Registered(bytes32,address,bytes32)", 2, asset, msg.sender, document)


def transfer_asset(asset, to):
    require(owner_of(asset) == msg.sender, "registry: not the owner")
    require(to != NOBODY, "registry: nobody")
    set(b"owner" + asset, to)
    emit("AssetTransferred(bytes32,address,address)", 3, asset, msg.sender, to)


serve({
    "register(bytes32,bytes32)": register,
    "transferAsset(bytes32,address)": transfer_asset,
    "ownerOf(bytes32)": owner_of,
    "hashOf(bytes32)": lambda asset: get(b"hash" + asset) or bytes(32),
})
