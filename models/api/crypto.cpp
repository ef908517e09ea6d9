// Names of the cost table's rows.
#include "models/api/crypto.hpp"

#include <array>
#include <stdexcept>

namespace ledgerlab {

std::string_view operation_name(Operation op) {
  constexpr std::array<std::string_view, operation_count> names{
      "message_handle", "message_byte",   "sign",         "verify",       "mac",
      "hash_byte",      "vrf_prove",      "vrf_verify",   "tx_sign",      "tx_verify",
      "tx_check",       "tx_execute",     "state_update", "log_append",   "user",
      "x25519",         "hkdf",           "aead",         "aead_byte",    "evm_gas",
      "lua_gas",        "js_gas",         "wasm_gas",     "process_gas",  "script_op",
      "schnorr_verify", "contract_frame", "storage_read", "storage_write"};
  return names[static_cast<std::size_t>(op)];
}

namespace {

[[noreturn]] void no_sessions() { throw std::logic_error("this crypto suite knows no sessions"); }

}  // namespace

NodeKey CryptoSuite::node_key(NodeId) { no_sessions(); }
bool CryptoSuite::verify_key(const NodeKey&, ByteView, const Signature&) { no_sessions(); }
FixedBytes<32> CryptoSuite::share(const FixedBytes<32>&) { no_sessions(); }
std::optional<FixedBytes<32>> CryptoSuite::agree(const FixedBytes<32>&, const FixedBytes<32>&) {
  no_sessions();
}

}  // namespace ledgerlab
