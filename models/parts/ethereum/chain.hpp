// A chain of blocks with all its branches: import, the choice of the head, reorganisation. Every
// block keeps the version of the world state after it; versions share what they have in common, so
// that a reorganisation moves one pointer.
#pragma once

#include <map>
#include <memory>

#include "models/crypto/ethash.hpp"
#include "models/parts/ethereum/authority.hpp"
#include "models/parts/ethereum/processor.hpp"

namespace ledgerlab::ethereum {

/// How much of a block import checks.
enum class Depth : std::uint8_t {
  full,    // all
  headers  // all but what needs the state: a light node, or the first pass of headers-first sync
};

/// What whoever makes a block chooses.
struct BlockPlan {
  Address coinbase;
  std::uint64_t timestamp = 0;
  std::uint64_t gas_limit = 0;  // 0: as the parent's
  Bytes extra_data;
  Hash256 mix_hash;  // from Paris on
  std::vector<Transaction> transactions;
  std::vector<Header> ommers;
  Withdrawals withdrawals;     // from Shanghai on
  Hash256 parent_beacon_root;  // from Cancun on
};

class Chain {
 public:
  struct Entry {
    std::shared_ptr<const Block> block;
    Hash256 hash;
    U256 total_difficulty;
    WorldState state;  // after the block
    std::vector<Receipt> receipts;
    std::shared_ptr<const Authorities> signers;  // after the block; under proof of authority only
    const Entry* parent = nullptr;               // null: genesis
    std::uint64_t number() const { return block->header.number; }
  };

  /// `state` is the genesis block's. With Depth::headers any trusted block may stand in its place,
  /// and entries have no state. The engine must outlive the chain.
  Chain(const Rules& rules, Block genesis, WorldState state, ContractEngine& engine,
        Depth depth = Depth::full);

  /// Goes on with a chain whose blocks were judged before and kept: `line` are its last blocks in
  /// order, as many as rules look back on (256 for their hashes), bodies of the last seven for
  /// their ommers; `state` and `signers` are those after the last one.
  struct Kept {
    Block block;
    U256 total_difficulty;
  };
  Chain(const Rules& rules, std::vector<Kept> line, WorldState state,
        std::shared_ptr<const Authorities> signers, ContractEngine& engine);

  /// Takes a block in if it is valid and its parent is known. A block that is there already is
  /// accepted again. The head moves to a branch of more total difficulty, and from Paris on to
  /// every block accepted (the fork choice is the consensus layer's).
  BlockVerdict import(ByteView rlp);
  BlockVerdict import(Block block);

  /// The block of this plan on `parent`, all but sealed. Transactions that cannot stand at their
  /// place are left out.
  Block build(const Entry& parent, BlockPlan plan) const;

  const Entry& head() const { return *head_; }
  const Entry& genesis() const { return *genesis_; }
  /// Null if there is no such block.
  const Entry* find(const Hash256& hash) const;
  /// The block of this number on the way from genesis to the head.
  const Entry* canonical(std::uint64_t number) const;
  const Rules& rules() const { return rules_; }
  /// How the block is named on this chain: under IBFT without its committed seals.
  Hash256 hash_of(const Header& header) const;

 private:
  BlockEnvironment environment(const Entry& parent, bool merged, const Address& coinbase) const;
  BlockVerdict execute(Entry& entry, bool merged, const Address& beneficiary) const;
  BlockVerdict check_ommers(const Block& block, const Entry& parent) const;
  BlockVerdict check_seal(const Header& header, const Entry& parent, Address& beneficiary,
                          std::shared_ptr<const Authorities>& signers) const;
  const Entry* insert(Entry entry);
  void choose(const Entry& entry);

  Rules rules_;
  ContractEngine& engine_;
  Depth depth_;
  std::map<Hash256, std::unique_ptr<const Entry>> entries_;
  mutable std::shared_ptr<const ethash::Cache> cache_;  // of the epoch asked for last
  const Entry* genesis_ = nullptr;
  const Entry* head_ = nullptr;
};

/// The ancestor `generations` above; null beyond genesis.
const Chain::Entry* ancestor(const Chain::Entry& entry, std::uint64_t generations);

}  // namespace ledgerlab::ethereum
