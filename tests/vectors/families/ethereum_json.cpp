#include "tests/vectors/families/ethereum_json.hpp"

namespace ledgerlab::vectors {

using namespace ledgerlab::ethereum;

Address address_of(const std::string& text) { return unhex_fixed<20>(text); }

Header header_of(const Json& from) {
  const auto hash = [&](const char* key) {
    return unhex_fixed<32>(from.at(key).get<std::string>());
  };
  Header h;
  h.parent_hash = hash("parentHash");
  h.ommers_hash = hash("uncleHash");
  h.coinbase = address_of(from.at("coinbase"));
  h.state_root = hash("stateRoot");
  h.transactions_root = hash("transactionsTrie");
  h.receipts_root = hash("receiptTrie");
  h.bloom = unhex_fixed<256>(from.at("bloom").get<std::string>());
  h.difficulty = number_of(from.at("difficulty"));
  h.number = number64_of(from.at("number"));
  h.gas_limit = number64_of(from.at("gasLimit"));
  h.gas_used = number64_of(from.at("gasUsed"));
  h.timestamp = number64_of(from.at("timestamp"));
  h.extra_data = unhex(from, "extraData");
  h.mix_hash = hash("mixHash");
  h.nonce = unhex_fixed<8>(from.at("nonce").get<std::string>());
  if (from.contains("baseFeePerGas")) h.base_fee = number_of(from.at("baseFeePerGas"));
  if (from.contains("withdrawalsRoot")) h.withdrawals_root = hash("withdrawalsRoot");
  if (from.contains("blobGasUsed")) h.blob_gas_used = number64_of(from.at("blobGasUsed"));
  if (from.contains("excessBlobGas")) h.excess_blob_gas = number64_of(from.at("excessBlobGas"));
  if (from.contains("parentBeaconBlockRoot")) {
    h.parent_beacon_root = hash("parentBeaconBlockRoot");
  }
  return h;
}

}  // namespace ledgerlab::vectors
