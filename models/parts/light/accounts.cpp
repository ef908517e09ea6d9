#include "models/parts/light/accounts.hpp"

#include <algorithm>
#include <set>

#include "models/crypto/hash.hpp"

namespace ledgerlab::light {

std::string_view FinalRoots::check(std::uint64_t height,
                                   const ethereum::AccountProof& proof) const {
  const Hash256* root = at(height);
  if (!root) return "no final header of this height";
  if (!ethereum::verify(*root, proof)) return "does not lead to the header's root";
  return {};
}

std::size_t wire_size(const SnapshotAccount& account) {
  std::size_t size = 32 + account.account.value.size() + account.code.size();
  for (const TrieEntry& entry : account.storage) size += 32 + entry.value.size();
  return size;
}

std::vector<SnapshotAccount> part_of(const ethereum::WorldState& world, const TriePart& part) {
  std::vector<SnapshotAccount> out;
  std::set<Hash256> given;
  for (TrieEntry& entry : entries_of(world.accounts(), part)) {
    SnapshotAccount account;
    Trie storage;
    world.accounts().get(entry.key.view(), storage);
    storage.visit([&](ByteView key, ByteView value) {
      TrieEntry slot;
      std::copy(key.begin(), key.end(), slot.key.data.begin());
      slot.value.assign(value.begin(), value.end());
      account.storage.push_back(std::move(slot));
      return true;
    });
    const auto decoded = ethereum::decode_account(entry.value);
    if (decoded && decoded->code_hash != ethereum::empty_code_hash() &&
        given.insert(decoded->code_hash).second) {
      if (const CodeRef code = world.codes().find(decoded->code_hash)) account.code = code->bytes;
    }
    account.account = std::move(entry);
    out.push_back(std::move(account));
  }
  return out;
}

bool SnapshotSync::begin(std::span<const Bytes> upper) {
  auto parts = parts_below(root_, upper, depth_);
  if (!parts) return false;
  missing_ = std::move(*parts);
  begun_ = true;
  return true;
}

std::string_view SnapshotSync::take(const TriePart& part,
                                    std::span<const SnapshotAccount> accounts) {
  const auto wanted = std::find_if(missing_.begin(), missing_.end(), [&](const TriePart& other) {
    return other.path == part.path && other.reference == part.reference;
  });
  if (wanted == missing_.end()) return "not asked for";
  std::vector<TrieEntry> entries;
  for (const SnapshotAccount& account : accounts) entries.push_back(account.account);
  if (!verify_part(part, entries)) return "accounts do not give the part's hash";
  // All is verified before anything is taken.
  std::vector<Trie> storages;
  std::map<Hash256, const Bytes*> codes;
  for (const SnapshotAccount& account : accounts) {
    if (!account.code.empty()) codes.emplace(keccak256(account.code), &account.code);
  }
  for (const SnapshotAccount& account : accounts) {
    const auto decoded = ethereum::decode_account(account.account.value);
    if (!decoded) return "not an account";
    Trie storage;
    for (const TrieEntry& slot : account.storage) storage.insert(slot.key.view(), slot.value);
    if (storage.root() != decoded->storage_root) return "storage does not give the account's root";
    storages.push_back(std::move(storage));
    if (decoded->code_hash != ethereum::empty_code_hash() && codes.count(decoded->code_hash) == 0) {
      return "code is missing";
    }
  }
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const TrieEntry& entry = accounts[i].account;
    accounts_.insert(entry.key.view(), entry.value, storages[i]);
  }
  for (const auto& [hash, code] : codes) codes_->put(*code);
  missing_.erase(wanted);
  return {};
}

}  // namespace ledgerlab::light
