// Eclipse (E. Heilman, A. Kendler, A. Zohar, S. Goldberg, "Eclipse Attacks on Bitcoin's Peer-to-Peer
// Network", USENIX Security 2015; Y. Marcus, E. Heilman, S. Goldberg, "Low-Resource Eclipse Attacks
// on Ethereum's Peer-to-Peer Network", 2018): the accomplices enter the victim's table under ids
// chosen for its buckets, take its free places for peers, name one another when it asks for
// contacts, and keep every content from it. To all others they are correct nodes.
#include <algorithm>

#include "models/api/registry.hpp"
#include "models/parts/behaviour/poison.hpp"

namespace ledgerlab {
namespace {

using overlay::Id;

/// Victims written "0, 17"; nothing if that is no list of numbers.
std::optional<std::vector<NodeId>> nodes_of(const std::string& text) {
  std::vector<NodeId> out;
  std::uint64_t number = 0;
  bool digits = false;
  for (const char c : text + ",") {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      digits = true;
      if (number >= no_node) return std::nullopt;
    } else if (c == ',' && digits) {
      out.push_back(static_cast<NodeId>(number));
      number = 0;
      digits = false;
    } else if (c != ' ') {
      return std::nullopt;
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

class Eclipse final : public behaviour::Wrapper {
 public:
  Eclipse(const BehaviourContext& context, std::unique_ptr<Module> inner)
      : Wrapper(context, std::move(inner)),
        self_(context.node.self),
        replicas_(context.node.replicas),
        poison_(context),
        every_(context.node.params->duration("every")),
        start_(context.from) {
    const Params& params = *context.node.params;
    const std::vector<NodeId> named = *nodes_of(params.text("victims"));
    for (const NodeId node : named) {
      victims_.push_back({node, overlay::id_of(*context.node.suite, node)});
    }
    const bool chosen = params.text("ids") == "chosen";
    const std::uint64_t spread = params.count("buckets");
    for (const overlay::Contact& victim : victims_) {
      // The k-th accomplice stands in the k-th of the victim's furthest buckets, round and round.
      auto& contacts = as_seen_.emplace_back(poison_);
      for (std::size_t i = 0; chosen && i < contacts.contacts().size(); ++i) {
        const int bucket = overlay::id_bits - 1 - static_cast<int>(i % spread);
        Id& id = contacts.contacts()[i].id;
        id = overlay::id_in_bucket(victim.id, bucket, id);
      }
    }
  }

  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::start) {
      effects.set_slot(Slot::overlay);
      effects.set_timer(tick, std::max(every_, start_ - input.local));
    }
    if (input.kind == InputKind::timer && input.slot == Slot::overlay && input.timer == tick) {
      on_tick(input, effects);
      return;
    }
    if (!active(input)) return Wrapper::step(input, effects);
    const std::size_t victim =
        input.kind == InputKind::deliver ? position(input.from) : victims_.size();
    if (victim < victims_.size()) {
      if (input.slot == Slot::overlay) answer(input, effects, victim);
      return;
    }
    const std::size_t first = effects.listed();
    Wrapper::step(input, effects);
    effects.keep_if(first, [&](Effect& e) {
      if (!behaviour::is_message(e)) return true;
      auto to = behaviour::receivers(effects, e, self_, replicas_);
      const std::size_t gone =
          std::erase_if(to, [&](NodeId node) { return position(node) < victims_.size(); });
      if (gone != 0 && !to.empty()) effects.retarget(e, to);
      return !to.empty();
    });
  }

 private:
  static constexpr TimerId tick{0x0ec1, 0};

  /// Position of a node among the victims, or their number.
  std::size_t position(NodeId node) const {
    std::size_t i = 0;
    while (i < victims_.size() && victims_[i].node != node) ++i;
    return i;
  }
  const Id& id_for(std::size_t victim) const {
    const auto& contacts = as_seen_[victim].contacts();
    const auto me = std::find_if(contacts.begin(), contacts.end(),
                                 [&](const overlay::Contact& c) { return c.node == self_; });
    return me->id;
  }
  void on_tick(const Input& input, Effects& effects) {
    effects.set_slot(Slot::overlay);
    effects.set_timer(tick, every_);
    if (!active(input)) return;
    for (std::size_t v = 0; v < victims_.size(); ++v) {
      const NodeId victim = victims_[v].node;
      effects.send(victim, overlay::Ping{id_for(v)}, Gate::ungated);
      effects.send(victim, overlay::Connect{}, Gate::ungated);  // accepted again if it was before
    }
  }
  void answer(const Input& input, Effects& effects, std::size_t victim) {
    effects.set_slot(Slot::overlay);
    const Message& m = *input.message;
    const NodeId from = input.from;
    if (const auto* question = m.as<overlay::FindNode>()) {
      effects.send(from,
                   as_seen_[victim].answer(*question, from, id_for(victim), overlay::contacts_max),
                   Gate::ungated);
    } else if (m.as<overlay::Ping>()) {
      effects.send(from, overlay::Pong{id_for(victim)}, Gate::ungated);
    } else if (m.as<overlay::Connect>()) {
      effects.send(from, overlay::Accept{}, Gate::ungated);
    } else if (m.as<overlay::KeepAlive>()) {
      effects.send(from, overlay::KeepAlive{}, Gate::ungated);
    }
  }

  NodeId self_;
  std::uint32_t replicas_;
  behaviour::Poison poison_;
  Duration every_;
  Time start_;
  std::vector<overlay::Contact> victims_;
  std::vector<behaviour::Poison> as_seen_;  // the accomplices, as each victim is to see them
};

}  // namespace

void register_behaviour_eclipse(Registry& registry) {
  ModelInfo info;
  info.name = "eclipse";
  info.kind = ModelKind::behaviour;
  info.slot = Slot::overlay;
  info.fits = {"kademlia"};
  info.summary =
      "Takes all places among the victims' contacts and peers, and keeps every content from them.";
  info.paper =
      "E. Heilman, A. Kendler, A. Zohar, S. Goldberg: Eclipse Attacks on Bitcoin's Peer-to-Peer "
      "Network, USENIX Security 2015; Y. Marcus, E. Heilman, S. Goldberg: Low-Resource Eclipse "
      "Attacks on Ethereum's Peer-to-Peer Network, 2018";
  info.params = {
      {"victims", ParamType::text, "0", "the replicas to be cut off, as \"0, 17\"", {}, {}, {}},
      {"ids", ParamType::choice, "chosen",
       "chosen: ids that fill the victim's buckets, for overlays where ids are free; own: those that "
       "their keys give",
       {}, {}, {"chosen", "own"}},
      {"buckets", ParamType::integer, "8",
       "chosen ids: so many of the victim's furthest buckets are filled", "1", "160", {}},
      {"every", ParamType::duration, "1 s", "each accomplice calls at the victim so often", "10 ms",
       "1 h", {}},
  };
  info.check = [](const Params& params, std::uint32_t replicas) -> std::string {
    const auto victims = nodes_of(params.text("victims"));
    if (!victims) return "victims: expected replicas such as \"0, 17\"";
    if (victims->back() >= replicas) {
      return "victims: there are only " + std::to_string(replicas) + " replicas";
    }
    return "";
  };
  info.wrap_node = [](const BehaviourContext& context,
                      std::unique_ptr<Module> stack) -> std::unique_ptr<Module> {
    return std::make_unique<Eclipse>(context, std::move(stack));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
