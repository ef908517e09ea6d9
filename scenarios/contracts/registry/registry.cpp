// A registry of assets: each has an owner and the hash of a document about it.
#include "../sdk/contract.hpp"

using namespace contract;

namespace {

const Bytes nobody(20, '\0');

Bytes owner_of(const Bytes& asset) {
  const Bytes owner = get("owner" + asset);
  return owner.empty() ? nobody : owner;
}

std::vector<Bytes> enter(const Arguments& arguments) {
  const Bytes asset = arguments.word(0);
  require(owner_of(asset) == nobody, "registry: taken");
  set("owner" + asset, msg.sender);
  set("hash" + asset, arguments.word(1));
  emit("Registered(bytes32,address,bytes32)", 2, {asset, msg.sender, arguments.word(1)});
  return {};
}

std::vector<Bytes> transfer_asset(const Arguments& arguments) {
  const Bytes asset = arguments.word(0), to = arguments.account(1);
  require(owner_of(asset) == msg.sender, "registry: not the owner");
  require(to != nobody, "registry: nobody");
  set("owner" + asset, to);
  emit("AssetTransferred(bytes32,address,address)", 3, {asset, msg.sender, to});
  return {};
}

}  // namespace

int main() {
  serve({
      {"register(bytes32,bytes32)", enter},
      {"transferAsset(bytes32,address)", transfer_asset},
      {"ownerOf(bytes32)",
       [](const Arguments& a) { return std::vector<Bytes>{owner_of(a.word(0))}; }},
      {"hashOf(bytes32)",
       [](const Arguments& a) { return std::vector<Bytes>{get("hash" + a.word(0))}; }},
  });
}
