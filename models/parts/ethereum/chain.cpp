#include "models/parts/ethereum/chain.hpp"

#include <algorithm>
#include <stdexcept>

namespace ledgerlab::ethereum {
namespace {

constexpr std::uint64_t ommer_generations = 6;  // Yellow Paper, 11.1
constexpr std::size_t max_ommers = 2;

BlockVerdict refuse(BlockFault fault) { return {fault, TransactionFault::none, 0}; }

/// Whether a block up to `generations` above, from `entry` on, is this one or has it as an ommer.
bool known_above(const Chain::Entry& entry, const Hash256& ommer, std::uint64_t generations) {
  const Chain::Entry* at = &entry;
  for (std::uint64_t i = 0; i < generations && at != nullptr; ++i, at = at->parent) {
    if (at->hash == ommer) return true;
    for (const Header& included : at->block->ommers) {
      if (hash(included) == ommer) return true;
    }
  }
  return false;
}

}  // namespace

const Chain::Entry* ancestor(const Chain::Entry& entry, std::uint64_t generations) {
  const Chain::Entry* at = &entry;
  for (; at != nullptr && generations > 0; --generations) at = at->parent;
  return at;
}

Chain::Chain(const Rules& rules, Block genesis, WorldState state, ContractEngine& engine,
             Depth depth)
    : rules_(rules), engine_(engine), depth_(depth) {
  Entry entry;
  entry.hash = hash_of(genesis.header);
  entry.total_difficulty = genesis.header.difficulty;
  if (rules_.seal == Seal::clique || rules_.seal == Seal::ibft) {
    const auto signers = genesis_authorities(rules_.seal, genesis.header);
    entry.signers = std::make_shared<Authorities>(signers.value_or(Authorities()));
  }
  entry.block = std::make_shared<const Block>(std::move(genesis));
  entry.state = std::move(state);
  genesis_ = head_ = insert(std::move(entry));
}

Chain::Chain(const Rules& rules, std::vector<Kept> line, WorldState state,
             std::shared_ptr<const Authorities> signers, ContractEngine& engine)
    : rules_(rules), engine_(engine), depth_(Depth::full) {
  if (line.empty()) throw std::invalid_argument("Chain: no block to go on from");
  for (Kept& kept : line) {
    Entry entry;
    entry.hash = hash_of(kept.block.header);
    entry.total_difficulty = kept.total_difficulty;
    entry.parent = head_;
    if (&kept == &line.back()) {
      entry.state = std::move(state);
      entry.signers = std::move(signers);
    }
    entry.block = std::make_shared<const Block>(std::move(kept.block));
    head_ = insert(std::move(entry));
    if (genesis_ == nullptr) genesis_ = head_;
  }
}

Hash256 Chain::hash_of(const Header& header) const {
  return hash(header, rules_.seal == Seal::ibft ? SealPart::without_commit_seals : SealPart::whole);
}

const Chain::Entry* Chain::insert(Entry entry) {
  const Hash256 name = entry.hash;
  return entries_.emplace(name, std::make_unique<const Entry>(std::move(entry)))
      .first->second.get();
}

const Chain::Entry* Chain::find(const Hash256& hash) const {
  const auto found = entries_.find(hash);
  return found == entries_.end() ? nullptr : found->second.get();
}

const Chain::Entry* Chain::canonical(std::uint64_t number) const {
  return number > head_->number() ? nullptr : ancestor(*head_, head_->number() - number);
}

BlockVerdict Chain::import(ByteView rlp) {
  TransactionFault fault = TransactionFault::none;
  auto block = decode_block(rlp, &fault);
  if (!block) return {BlockFault::malformed, fault, 0};
  return import(std::move(*block));
}

BlockVerdict Chain::import(Block block) {
  const Header& h = block.header;
  Entry entry;
  entry.hash = hash_of(h);
  if (const Entry* known = find(entry.hash)) {
    choose(*known);
    return {};
  }
  const Entry* parent = find(h.parent_hash);
  if (parent == nullptr) return refuse(BlockFault::unknown_parent);
  const bool merged = rules_.merged(parent->total_difficulty);
  const BlockFault header = check_header(rules_, h, parent->block->header, merged);
  if (header != BlockFault::none) return refuse(header);
  const BlockVerdict body = check_body(rules_, block, merged);
  if (!body.accepted()) return body;
  const BlockVerdict ommers = check_ommers(block, *parent);
  if (!ommers.accepted()) return ommers;
  Address beneficiary = h.coinbase;
  const BlockVerdict seal =
      merged ? BlockVerdict() : check_seal(h, *parent, beneficiary, entry.signers);
  if (!seal.accepted()) return seal;

  entry.parent = parent;
  entry.total_difficulty = parent->total_difficulty + h.difficulty;
  entry.block = std::make_shared<const Block>(std::move(block));
  if (depth_ == Depth::full) {
    const BlockVerdict verdict = execute(entry, merged, beneficiary);
    if (!verdict.accepted()) return verdict;
  }
  choose(*insert(std::move(entry)));
  return {};
}

BlockEnvironment Chain::environment(const Entry& parent, bool merged,
                                    const Address& coinbase) const {
  const auto block_hash = [above = &parent](std::int64_t number) {
    const auto n = static_cast<std::uint64_t>(number);
    if (number < 0 || n > above->number()) return Hash256();
    const Entry* found = ancestor(*above, above->number() - n);
    return found == nullptr ? Hash256() : found->hash;
  };
  return {rules_, merged, coinbase, engine_, block_hash, {}};
}

BlockVerdict Chain::execute(Entry& entry, bool merged, const Address& beneficiary) const {
  const Entry& parent = *entry.parent;
  BlockOutcome outcome =
      execute_block(environment(parent, merged, beneficiary), parent.state, *entry.block);
  const BlockVerdict verdict = check_outcome(entry.block->header, outcome);
  if (!verdict.accepted()) return verdict;
  entry.state = std::move(outcome.state);
  entry.receipts = std::move(outcome.receipts);
  return {};
}

/// Yellow Paper, 11.1: at most two ommers, each a valid header whose parent is an ancestor of
/// generation 2 to 7, none an ancestor itself and none included before.
BlockVerdict Chain::check_ommers(const Block& block, const Entry& parent) const {
  const BlockVerdict bad = refuse(BlockFault::ommers);
  if (block.ommers.size() > max_ommers) return bad;
  if (block.ommers.size() == 2 && block.ommers[0] == block.ommers[1]) return bad;
  for (const Header& ommer : block.ommers) {
    // The ommers of a generation's block are older than it: seven suffice for all that could be
    // repeated.
    if (known_above(parent, hash(ommer), ommer_generations + 1)) return bad;
    const Entry* above = parent.parent;
    for (std::uint64_t i = 1; i < ommer_generations && above != nullptr; ++i) {
      if (above->hash == ommer.parent_hash) break;
      above = above->parent;
    }
    // Beyond a trusted block that is not the genesis nobody knows.
    if (above == nullptr && genesis_->number() != 0) continue;
    if (above == nullptr || above->hash != ommer.parent_hash) return bad;
    const bool merged = rules_.merged(above->total_difficulty);
    const BlockFault fault = check_header(rules_, ommer, above->block->header, merged);
    if (merged || fault != BlockFault::none) return bad;
    Address beneficiary;
    std::shared_ptr<const Authorities> signers;
    if (!check_seal(ommer, *above, beneficiary, signers).accepted()) return bad;
  }
  return {};
}

BlockVerdict Chain::check_seal(const Header& header, const Entry& parent, Address& beneficiary,
                               std::shared_ptr<const Authorities>& signers) const {
  if (rules_.seal == Seal::none) return {};
  if (rules_.seal == Seal::ethash) {
    const std::uint64_t epoch = ethash::epoch_of(header.number);
    if (!cache_ || cache_->epoch() != epoch) cache_ = ethash::shared_cache(epoch);
    const bool sealed = ethash::verify(*cache_, hash(header, SealPart::without_ethash),
                                       header.nonce, header.mix_hash, header.difficulty);
    return sealed ? BlockVerdict() : refuse(BlockFault::seal);
  }
  if (!parent.signers) return refuse(BlockFault::unknown_parent);  // below what was gone on from
  auto after = std::make_shared<Authorities>();
  const BlockFault fault =
      check_authority(rules_, header, parent.block->header, *parent.signers, *after);
  if (fault != BlockFault::none) return refuse(fault);
  // Who sealed gets the fees: the coinbase names a candidate.
  beneficiary = *sealer(rules_.seal, header);
  signers = std::move(after);
  return {};
}

void Chain::choose(const Entry& entry) {
  const bool merged = entry.parent != nullptr && rules_.merged(entry.parent->total_difficulty);
  // EIP-3675: after the merge the last block that the consensus layer handed over.
  if (merged || entry.total_difficulty > head_->total_difficulty) head_ = &entry;
}

Block Chain::build(const Entry& parent, BlockPlan plan) const {
  const Header& above = parent.block->header;
  const bool merged = rules_.merged(parent.total_difficulty);
  Block out;
  Header& h = out.header;
  h.parent_hash = parent.hash;
  h.coinbase = plan.coinbase;
  h.number = above.number + 1;
  h.timestamp = plan.timestamp;
  h.extra_data = std::move(plan.extra_data);
  const Revision revision = rules_.revision(h.number, h.timestamp, merged);
  if (merged) {
    h.mix_hash = plan.mix_hash;
  } else {
    h.difficulty = next_difficulty(rules_, above, h.number, h.timestamp);
  }
  h.gas_limit = plan.gas_limit != 0 ? plan.gas_limit : above.gas_limit;
  if (revision >= Revision::london) {
    h.base_fee = next_base_fee(above);
    // EIP-1559: at the fork the old limit becomes the target.
    if (!above.base_fee && plan.gas_limit == 0) h.gas_limit *= 2;
  }
  if (revision >= Revision::shanghai) {
    h.withdrawals_root = withdrawals_root(plan.withdrawals);
    out.withdrawals = std::move(plan.withdrawals);
  }
  if (revision >= Revision::cancun) {
    h.excess_blob_gas = next_excess_blob_gas(above);
    h.parent_beacon_root = plan.parent_beacon_root;
  }
  out.transactions = std::move(plan.transactions);
  out.ommers = std::move(plan.ommers);
  h.ommers_hash = ommers_hash(out.ommers);

  std::vector<std::size_t> left_out;
  const BlockOutcome outcome =
      execute_block(environment(parent, merged, h.coinbase), parent.state, out, &left_out);
  for (auto i = left_out.rbegin(); i != left_out.rend(); ++i) {
    out.transactions.erase(out.transactions.begin() + static_cast<std::ptrdiff_t>(*i));
  }
  h.transactions_root = transactions_root(out.transactions);
  h.receipts_root = receipts_root(outcome.receipts);
  h.bloom = bloom_of(outcome.receipts);
  h.gas_used = outcome.gas_used;
  if (revision >= Revision::cancun) h.blob_gas_used = outcome.blob_gas_used;
  h.state_root = outcome.state.root();
  return out;
}

}  // namespace ledgerlab::ethereum
