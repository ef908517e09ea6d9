-- A registry of assets: each has an owner and the hash of a document about it.
local nobody = "0x0000000000000000000000000000000000000000"
local nothing = "0x0000000000000000000000000000000000000000000000000000000000000000"

local function owner_of(id) return get("owner:" .. id) or nobody end

return {
  ["register(bytes32,bytes32)"] = function(id, hash)
    require(owner_of(id) == nobody, "registry: taken")
    set("owner:" .. id, msg.sender)
    set("hash:" .. id, hash)
    emit("Registered(bytes32,address,bytes32)", 2, id, msg.sender, hash)
  end,
  ["transferAsset(bytes32,address)"] = function(id, to)
    require(owner_of(id) == msg.sender, "registry: not the owner")
    require(to ~= nobody, "registry: nobody")
    set("owner:" .. id, to)
    emit("AssetTransferred(bytes32,address,address)", 3, id, msg.sender, to)
  end,
  ["ownerOf(bytes32)"] = owner_of,
  ["hashOf(bytes32)"] = function(id) return get("hash:" .. id) or nothing end,
}
