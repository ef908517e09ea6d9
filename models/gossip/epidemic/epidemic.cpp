#include "models/gossip/epidemic/epidemic.hpp"

#include <algorithm>

namespace ledgerlab::epidemic {
namespace {

constexpr Purpose target_draw{"epidemic.target"};
constexpr Purpose more_draw{"epidemic.one_more_target"};
/// An owner that has not taken a content after so long does not want it.
constexpr Duration held_for = seconds(60);

/// Key of the n-th draw that a round makes for a content.
std::uint64_t draw_key(const Hash128& content, std::uint64_t round, std::uint64_t n) {
  return content.tag() + 0x9e3779b97f4a7c15u * (round << 20 | n);
}

}  // namespace

Epidemic::Epidemic(const ModuleContext& context)
    : self_(context.self),
      everyone_(context.params->text("view") == "everyone" ? context.replicas : 0),
      fanout_(static_cast<std::uint32_t>(context.params->count("fanout"))),
      fanout_more_ppb_(context.params->count("fanout_more")),
      rounds_(static_cast<std::uint32_t>(context.params->count("rounds"))),
      round_(context.params->duration("round")) {
  if (context.params->text("mode") == "infect_and_die") rounds_ = 1;
  if (everyone_ == 0) neighbours_.assign(context.neighbours.begin(), context.neighbours.end());
  std::sort(neighbours_.begin(), neighbours_.end());
}

void Epidemic::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::deliver) {
    if (const auto* push = input.message->as<Push>()) on_push(input, *push, effects);
  } else if (input.kind == InputKind::timer) {
    on_round(input, effects);
  } else if (input.kind == InputKind::call) {
    if (const auto* call = input.call->as<Publish>()) {
      publish(input, call->content, effects);
    } else if (const auto* now = input.call->as<Peers>()) {
      if (everyone_ == 0) neighbours_ = now->peers;
    }
  }
}

void Epidemic::on_push(const Input& input, const Push& push, Effects& effects) {
  const std::uint32_t dense = effects.intern(push.content->identity());
  if (!seen_.add(dense)) return;
  std::erase_if(items_, [&](const Item& item) {
    return item.state == State::held && item.since + held_for < input.local;
  });
  items_.push_back({dense, State::held, 0, input.local, input.message_ref()});
  effects.call(push.content->slot(), Relayed{push.content, input.from});
}

void Epidemic::publish(const Input& input, const MessageRef& content, Effects& effects) {
  const std::uint32_t dense = effects.intern(content->identity());
  Item* item = find(dense);
  if (item == nullptr) {
    if (!seen_.add(dense)) return;  // removed: it was pushed already
    items_.push_back({dense, State::held, 0, input.local, effects.make(Push{content})});
    item = &items_.back();
  } else if (item->state == State::infective) {
    return;
  }
  item->state = State::infective;
  item->rounds_left = rounds_;
  arm(input.local, effects);
}

/// All nodes begin their rounds at the multiples of `round` of their clocks.
void Epidemic::arm(Time now, Effects& effects) {
  if (armed_) return;
  armed_ = true;
  const std::int64_t period = count_ns(round_);
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::round), 0},
                    Duration{period - count_ns(now) % period});
}

void Epidemic::on_round(const Input& input, Effects& effects) {
  armed_ = false;
  bool more = false;
  for (Item& item : items_) {
    if (item.state != State::infective) continue;
    draw_targets(input, item);
    if (!targets_.empty()) effects.multicast(targets_, item.frame);
    more |= --item.rounds_left > 0;
  }
  std::erase_if(items_, [](const Item& item) {
    return item.state == State::infective && item.rounds_left == 0;
  });
  if (more) arm(input.local, effects);
}

/// So many different others, uniformly: the draws of one content, round and node are its own.
void Epidemic::draw_targets(const Input& input, const Item& item) {
  const Hash128& id = item.frame->as<Push>()->content->identity();
  const auto round = static_cast<std::uint64_t>(count_ns(input.local) / count_ns(round_));
  const std::uint64_t known = everyone_ != 0 ? everyone_ - 1 : neighbours_.size();
  std::uint64_t wanted = fanout_;
  if (fanout_more_ppb_ != 0) {
    wanted += draw_ppb(input.draw(more_draw, draw_key(id, round, 0)), fanout_more_ppb_);
  }
  wanted = std::min(wanted, known);
  targets_.clear();
  // Floyd's sample without replacement: one draw a target.
  for (std::uint64_t top = known - wanted; top < known; ++top) {
    const std::uint64_t u = input.draw(target_draw, draw_key(id, round, top));
    auto pick = static_cast<NodeId>(draw_below(u, top + 1));
    if (std::find(targets_.begin(), targets_.end(), pick) != targets_.end()) {
      pick = static_cast<NodeId>(top);
    }
    targets_.push_back(pick);
  }
  for (NodeId& target : targets_) {
    if (everyone_ == 0) {
      target = neighbours_[target];
    } else if (target >= self_) {
      ++target;
    }
  }
}

Epidemic::Item* Epidemic::find(std::uint32_t dense) {
  const auto it = std::find_if(items_.begin(), items_.end(),
                               [&](const Item& item) { return item.dense == dense; });
  return it == items_.end() ? nullptr : &*it;
}

void Epidemic::inspect(Inspector& inspector) const {
  inspector.field("relay.neighbours", everyone_ != 0 ? everyone_ - 1 : neighbours_.size());
  inspector.field("relay.infective", static_cast<std::uint64_t>(std::count_if(
                                         items_.begin(), items_.end(), [](const Item& item) {
                                           return item.state == State::infective;
                                         })));
}

}  // namespace ledgerlab::epidemic
