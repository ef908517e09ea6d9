#include "models/parts/light/headers.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"

namespace ledgerlab::light {

SpvProof prove(const bitcoin::Block& block, std::uint32_t height, std::uint32_t index) {
  std::vector<Hash256> leaves;
  for (const bitcoin::Transaction& tx : block.transactions) leaves.push_back(bitcoin::txid(tx));
  SpvProof out;
  out.block = bitcoin::block_hash(block.header);
  out.height = height;
  out.index = index;
  out.transaction =
      bitcoin::encode_transaction(block.transactions[index], bitcoin::WitnessForm::forbid);
  out.branch = bitcoin::merkle_branch(std::move(leaves), index);
  return out;
}

HeaderChain::HeaderChain(const HeaderRules& rules, const bitcoin::BlockHeader& genesis)
    : rules_(rules) {
  const auto target = work::target_from_compact(genesis.bits);
  headers_.push_back(
      {genesis, bitcoin::block_hash(genesis), 0, 0, target ? work::block_work(*target) : U256()});
  index_.try_emplace(headers_[0].hash, 0u);
  main_ = {0};
}

std::string_view HeaderChain::add(const bitcoin::BlockHeader& header) {
  const Hash256 hash = bitcoin::block_hash(header);
  if (index_.contains(hash)) return {};
  const std::uint32_t* parent = index_.find(header.previous);
  if (!parent) return "prev-blk-not-found";
  if (header.bits != next_bits(*parent)) return "bad-diffbits";
  if (!bitcoin::check_proof_of_work(header, rules_.limit)) return "high-hash";
  if (header.time <= median_time(*parent)) return "time-too-old";
  const Known& before = headers_[*parent];
  const U256 work = before.work + work::block_work(*work::target_from_compact(header.bits));
  const auto place = static_cast<std::uint32_t>(headers_.size());
  headers_.push_back({header, hash, *parent, before.height + 1, work});
  index_.try_emplace(hash, place);
  if (work <= headers_[best_].work) return {};  // of equals the first that was seen stays
  best_ = place;
  main_.resize(headers_[place].height + 1);
  for (std::uint32_t at = place; main_[headers_[at].height] != at; at = headers_[at].parent) {
    main_[headers_[at].height] = at;
    if (at == 0) break;
  }
  return {};
}

std::uint32_t HeaderChain::next_bits(std::uint32_t parent) const {
  const Known& before = headers_[parent];
  if (rules_.window == 0 || (before.height + 1) % rules_.window != 0) return before.header.bits;
  std::uint32_t first = parent;
  for (std::uint32_t i = 1; i < rules_.window; ++i) first = headers_[first].parent;
  return work::bitcoin_retarget({rules_.limit, rules_.timespan}, before.header.bits,
                                headers_[first].header.time, before.header.time);
}

/// BIP 113: of the last eleven.
std::uint32_t HeaderChain::median_time(std::uint32_t parent) const {
  std::vector<std::uint32_t> times;
  for (std::uint32_t at = parent; times.size() < 11; at = headers_[at].parent) {
    times.push_back(headers_[at].header.time);
    if (at == 0) break;
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::optional<Hash256> HeaderChain::at(std::uint32_t height) const {
  if (height >= main_.size()) return std::nullopt;
  return headers_[main_[height]].hash;
}

std::vector<Hash256> HeaderChain::locator() const {
  std::vector<Hash256> out;
  std::uint32_t step = 1;
  for (std::uint32_t height = best_height(); height != 0;) {
    out.push_back(headers_[main_[height]].hash);
    if (out.size() >= 10) step *= 2;
    height = height > step ? height - step : 0;
  }
  out.push_back(headers_[0].hash);
  return out;
}

std::string_view HeaderChain::check(const SpvProof& proof, std::uint32_t confirmations) const {
  const std::uint32_t* place = index_.find(proof.block);
  if (!place) return "no such header";
  const Known& known = headers_[*place];
  if (known.height != proof.height) return "wrong height";
  if (known.height >= main_.size() || main_[known.height] != *place) {
    return "not on the branch with the most work";
  }
  if (best_height() - known.height + 1 < confirmations) return "too few confirmations";
  if (proof.transaction.size() == 64) return "may be an inner node";
  if (proof.branch.size() > 32 || std::uint64_t{proof.index} >> proof.branch.size() != 0) {
    return "index beyond the tree";
  }
  const Hash256 leaf = sha256d(proof.transaction);
  if (bitcoin::root_from_branch(leaf, proof.branch, proof.index) != known.header.merkle_root) {
    return "wrong root";
  }
  return {};
}

}  // namespace ledgerlab::light
