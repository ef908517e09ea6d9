#include "models/consensus/pow/headers.hpp"

#include <algorithm>
#include <array>

namespace ledgerlab::pow {

BlockRef HeaderChain::read(ByteView header) const {
  const auto decoded = codec::decode<Header>(header);
  if (!decoded || decoded->version != rules_->genesis.version) return nullptr;
  return make_mined(*decoded, empty_payload()).block;
}

HeaderChain::Judged HeaderChain::judge(const BlockRef& block, chain::Index parent, Time wall,
                                       Effects& effects) const {
  const Header header = *header_of(*block);
  const auto target = claimed_target(header);
  if (!target) return {"target", {}};
  if (!effects.crypto().work_valid(work_digest(header), *target, header.nonce)) return {"work", {}};
  const auto& above = tree().at(parent);
  const Lineage lineage{header_of(*above.block).value_or(rules_->genesis),
                        above.extra.window_start};
  std::string wrong = rules_->misplaced(header, lineage, median_time(parent), wall);
  if (!wrong.empty()) return {std::move(wrong), {}};
  return {{}, claimed_work(header), {header.time, rules_->next_window_start(lineage, header)}};
}

Hash256 HeaderChain::payload_root(const Block& block) const {
  const auto header = header_of(block);
  return header ? header->tx_root : Hash256();
}

std::uint64_t HeaderChain::median_time(chain::Index tip) const {
  std::array<std::uint64_t, 64> times;  // the parameter's range ends below
  std::size_t count = 0;
  chain::Index i = tip;
  do {
    times[count++] = tree().at(i).extra.time;
    i = tree().at(i).parent;
  } while (i != chain::no_block && count < rules_->median_window);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(times.begin(), middle, times.begin() + static_cast<std::ptrdiff_t>(count));
  return *middle;
}

}  // namespace ledgerlab::pow
