// Accounts as leaves of the state trie (Yellow Paper 4.1, (10)).
#include "models/parts/ethereum/account.hpp"

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/mpt.hpp"

namespace ledgerlab::ethereum {

const Hash256& empty_code_hash() {
  static const Hash256 hash = keccak256({});
  return hash;
}

const Hash256& empty_trie_root() {
  static const Hash256 root = Trie::empty_root();
  return root;
}

Bytes encode(const Account& account) {
  Bytes fields;
  fields.reserve(112);
  rlp::append(fields, account.nonce);
  rlp::append(fields, account.balance);
  rlp::append(fields, account.storage_root.view());
  rlp::append(fields, account.code_hash.view());
  Bytes out;
  out.reserve(fields.size() + 3);
  rlp::append_list(out, fields);
  return out;
}

std::optional<Account> decode_account(ByteView bytes) {
  auto fields = rlp::Cursor::list(bytes);
  if (!fields) return std::nullopt;
  Account out;
  out.nonce = fields->number();
  out.balance = fields->number256();
  out.storage_root = fields->fixed<32>();
  out.code_hash = fields->fixed<32>();
  if (!fields->finished()) return std::nullopt;
  return out;
}

}  // namespace ledgerlab::ethereum
