#include "sim/validate/pow_worlds.hpp"

namespace ledgerlab::validate {

Setup PowWorld::setup() const {
  Setup setup;
  setup.consensus = "pow";
  setup.nodes = miners;
  setup.latency = toml(latency);
  setup.network = network;
  setup.duration = interval * static_cast<std::int64_t>(blocks);
  setup.params = "block_interval = " + toml(interval) +
                 ", retarget = \"" + rule + "\", settlement_depth = " + std::to_string(depth) +
                 ", poll_interval = " + toml(poll) + params;
  if (!shares.empty()) {
    std::string list;
    for (const std::uint64_t s : shares) list += (list.empty() ? "" : ", ") + std::to_string(s);
    setup.system = "hash_shares = [" + list + "]";
  }
  setup.tables = tables;
  return setup;
}

void add_stale_batches(BlockFold& blocks, Ratio& stale) {
  constexpr Height batch = 100;
  const Height top = blocks.mark_main();
  if (top <= undecided) return;
  const std::size_t batches = static_cast<std::size_t>((top - undecided) / batch);
  std::vector<std::uint64_t> all(batches, 0);
  for (const BlockFold::Entry& entry : blocks.blocks()) {
    const auto at = static_cast<std::size_t>((entry.height - 1) / batch);
    if (entry.height > 0 && at < batches) ++all[at];
  }
  for (const std::uint64_t n : all) {
    stale.add(static_cast<double>(n - batch), static_cast<double>(n));
  }
}

}  // namespace ledgerlab::validate
