// What the chain of every node of a world is told once: one object for all of them.
#pragma once

#include <memory>
#include <string_view>

#include "models/api/model_info.hpp"
#include "models/parts/chain/block_tree.hpp"

namespace ledgerlab::chain {

/// How a node that is far behind catches up.
enum class SyncMode : std::uint8_t { full, headers, snapshot };

struct ChainSettings {
  /// `name` is the protocol's: its draws are named by it. `default_poll`: if poll_interval is not
  /// given.
  ChainSettings(const Params& params, std::string_view name, std::uint32_t depth,
                std::uint32_t below, Duration default_poll);

  Purpose poll_draw;
  std::uint32_t depth;  // confirmations of a settled block
  std::uint32_t below;  // blocks below the settled one that the rules look at
  Duration request_timeout;
  Duration poll;
  std::uint16_t sync_batch;
  std::size_t orphans_max;
  SyncMode sync;
  Height sync_window;            // bodies asked for ahead of the lowest missing one
  std::uint32_t sync_in_flight;  // of these of one neighbour
  std::size_t state_chunk;       // bytes of a part of a state
  std::uint32_t replicas = 0;    // the first so many nodes of the world, the others are clients
  BlockRef genesis;
  mutable SharedPlace genesis_place{};  // in the trees

  bool same(const ChainSettings& other) const;
};
using ChainSettingsRef = std::shared_ptr<const ChainSettings>;

/// The object that who asked last on this thread got, if it says the same.
ChainSettingsRef shared_settings(ChainSettings wanted, const ModuleContext& context);

}  // namespace ledgerlab::chain
