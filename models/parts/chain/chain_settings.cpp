#include "models/parts/chain/chain_settings.hpp"

#include <string>

namespace ledgerlab::chain {
namespace {

SyncMode sync_mode(std::string_view name) {
  return name == "headers"    ? SyncMode::headers
         : name == "snapshot" ? SyncMode::snapshot
                              : SyncMode::full;
}

}  // namespace

ChainSettings::ChainSettings(const Params& params, std::string_view name,
                             std::uint32_t settled_depth, std::uint32_t looked_below,
                             Duration default_poll)
    : poll_draw(std::string(name) + ".poll"),
      depth(settled_depth),
      below(looked_below),
      request_timeout(params.duration("request_timeout")),
      poll(params.duration("poll_interval")),
      sync_batch(static_cast<std::uint16_t>(params.count("sync_batch"))),
      orphans_max(params.count("orphans_max")),
      sync(sync_mode(params.text("sync"))),
      sync_window(params.count("sync_window")),
      sync_in_flight(static_cast<std::uint32_t>(params.count("sync_in_flight"))),
      state_chunk(params.count("state_chunk")) {
  if (poll == Duration::zero()) poll = default_poll;
}

bool ChainSettings::same(const ChainSettings& other) const {
  return poll_draw.id == other.poll_draw.id && depth == other.depth && below == other.below &&
         request_timeout == other.request_timeout && poll == other.poll &&
         sync_batch == other.sync_batch && orphans_max == other.orphans_max && sync == other.sync &&
         sync_window == other.sync_window && sync_in_flight == other.sync_in_flight &&
         state_chunk == other.state_chunk && replicas == other.replicas &&
         genesis->id == other.genesis->id;
}

ChainSettingsRef shared_settings(ChainSettings wanted, const ModuleContext& context) {
  wanted.replicas = context.replicas;
  wanted.genesis = make_genesis(context.genesis_root);
  static thread_local std::weak_ptr<const ChainSettings> last;
  ChainSettingsRef known = last.lock();
  if (!known || !known->same(wanted)) {
    known = std::make_shared<const ChainSettings>(wanted);
    last = known;
  }
  return known;
}

}  // namespace ledgerlab::chain
