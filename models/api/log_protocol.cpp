#include "models/api/log_protocol.hpp"

namespace ledgerlab {

std::vector<ParamInfo> log_protocol_params() {
  return {
      {"block_max_transactions",
       ParamType::integer,
       "1000",
       "most transactions one block (log entry) takes",
       "1",
       "1000000",
       {}},
      {"block_max_bytes",
       ParamType::size,
       "1 MiB",
       "most bytes of transactions one block takes",
       "1 kB",
       "1 GiB",
       {}},
  };
}

LogProtocol::LogProtocol(const ModuleContext& context)
    : context_(context),
      last_(make_genesis(context.genesis_root)),
      adopted_(last_),
      max_count_(static_cast<std::uint32_t>(context.params->count("block_max_transactions"))),
      max_bytes_(context.params->count("block_max_bytes")) {}

void LogProtocol::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      on_start(input, effects);
      break;
    case InputKind::deliver:
      on_message(input, effects);
      break;
    case InputKind::timer:
      on_timer(input, effects);
      break;
    case InputKind::persisted:
      on_persisted(input, effects);
      break;
    case InputKind::found:
      break;  // a log protocol never searches
    case InputKind::call:
      if (const auto* pending = input.call->as<Pending>()) {
        pending_ = *pending;
        on_pending(input, effects);
      } else if (const auto* built = input.call->as<Built>()) {
        asked_ = false;
        // Nothing to be had until the pool speaks again; asking at once would go round for ever.
        if (built->payload->empty()) pending_ = {};
        on_built(input, effects, *built);
      } else if (const auto* state = input.call->as<ApplicationState>()) {
        applied_ = state->final_block->height;
        on_application_state(input, effects);
      } else if (const auto* validated = input.call->as<Validated>()) {
        on_validated(input, effects, *validated);
      } else if (const auto* snapshot = input.call->as<Snapshot>()) {
        on_snapshot(input, effects, snapshot->data);
      } else if (const auto* installed = input.call->as<Installed>()) {
        on_installed(input, effects, *installed);
      } else if (const auto* operation = input.call->as<Operate>()) {
        on_operate(input, effects, *operation);
      } else if (input.call->as<ConfirmRead>()) {
        on_confirm_read(input, effects, *input.call);
      }
      break;
  }
  ask_for_payload(effects);
}

void LogProtocol::ask_for_payload(Effects& effects) {
  if (asked_ || pending_.count == 0 || !want_payload()) return;
  asked_ = true;
  const BlockRef& tip = history_tip();
  asked_parent_ = tip->id;
  effects.call(Slot::mempool, Build{tip->height + 1, tip->id, max_count_, max_bytes_});
}

void LogProtocol::decide(Effects& effects, const BlockRef& block) {
  if (block->height <= last_->height) return;
  last_ = adopted_ = block;
  effects.announce_head(block);
  effects.announce_final(block);
  if (block->height <= applied_) return;
  applied_ = block->height;
  effects.call(Slot::application, Adopt{block->parent, {block}});
  effects.call(Slot::application, Finalise{block});
}

void LogProtocol::adopt(Effects& effects, const BlockRef& block) {
  if (block->height <= adopted_->height) return;
  adopted_ = block;
  effects.announce_head(block);
  if (block->height > applied_) {
    effects.call(Slot::application, Adopt{block->parent, {block}});
  }
}

void LogProtocol::finalise(Effects& effects, const BlockRef& block) {
  if (block->height <= last_->height) return;
  last_ = block;
  effects.announce_final(block);
  if (block->height <= applied_) return;
  applied_ = block->height;
  effects.call(Slot::application, Finalise{block});
}

void LogProtocol::roll_back(Effects& effects) {
  if (adopted_ == last_) return;
  const bool held = adopted_->height > applied_;
  adopted_ = last_;
  effects.announce_head(last_);
  if (held) effects.call(Slot::application, Adopt{last_->id, {}});
}

void LogProtocol::decide(Effects& effects, PayloadRef payload) {
  decide(effects, make_log_block(last_->height + 1, last_->id, std::move(payload)));
}

void LogProtocol::inspect(Inspector& inspector) const {
  inspector.field("decided", last_->height);
  inspector.field("applied", applied_);
  inspector.field("pending", std::uint64_t{pending_.count});
}

}  // namespace ledgerlab
