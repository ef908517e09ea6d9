#include "models/discovery/static_list/static_list.hpp"

#include <algorithm>

#include "models/api/registry.hpp"
#include "models/parts/node_list/node_list.hpp"

namespace ledgerlab {
namespace static_list {
namespace {

constexpr TimerId publish_timer{static_cast<std::uint32_t>(TimerKind::publish), 0};
constexpr TimerId refresh_timer{static_cast<std::uint32_t>(TimerKind::refresh), 0};

/// What the administrators do outside the world: the list of all replicas but these, signed by the
/// first so many of them.
Membership issue(const Administration& administration, std::uint64_t epoch, std::uint32_t replicas,
                 const std::vector<NodeId>& left_out, std::uint32_t signatures,
                 CryptoSuite& suite) {
  Membership document;
  document.epoch = epoch;
  for (NodeId node = 0; node < replicas; ++node) {
    if (std::binary_search(left_out.begin(), left_out.end(), node)) continue;
    document.members.push_back({suite.node_key(node), node, MemberRole::validator});
  }
  const Bytes text = signed_text(administration, document);
  for (std::uint32_t i = 0; i < signatures; ++i) {
    document.signatures.push_back(
        {static_cast<std::uint8_t>(i), suite.sign(administrator_key(i), text)});
  }
  return document;
}

}  // namespace

StaticList::StaticList(const ModuleContext& context)
    : self_(context.self),
      contacts_(context.neighbours.begin(), context.neighbours.end()),
      replicas_(context.replicas) {
  const Params& p = *context.params;
  administration_.network = context.genesis_root;
  administration_.administrators = static_cast<std::uint32_t>(p.count("administrators"));
  administration_.quorum = static_cast<std::uint32_t>(p.count("quorum"));
  publisher_ = static_cast<NodeId>(p.count("publisher"));
  publish_at_ = p.duration("revoke_at");
  refresh_ = p.duration("refresh");
  const auto signatures = static_cast<std::uint32_t>(p.count("revoke_signatures"));
  std::vector<NodeId> out = nodes_in(p.text("left_out")).value_or(std::vector<NodeId>{});
  held_ = issue(administration_, 1, replicas_, out, administration_.quorum, *context.suite);
  const auto revoked = nodes_in(p.text("revoke")).value_or(std::vector<NodeId>{});
  if (context.self != publisher_ || revoked.empty()) return;
  out.insert(out.end(), revoked.begin(), revoked.end());
  std::sort(out.begin(), out.end());
  update_ = issue(administration_, 2, replicas_, out,
                  signatures == 0 ? administration_.quorum : signatures, *context.suite);
}

void StaticList::restore(std::span<const Record> records) {
  // The last one: an epoch that was held is never left again, whatever is offered.
  for (const Record& record : records) {
    records_ = record.index;
    auto document = codec::decode<Membership>(record.bytes);
    if (document && document->epoch > held_.epoch) held_ = std::move(*document);
  }
}

void StaticList::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      tell(input, effects);
      if (const auto others = peers(input.self); !others.empty()) {
        effects.multicast(others, Have{held_.epoch});
      }
      effects.set_timer(refresh_timer, refresh_);
      if (update_.epoch > held_.epoch) {
        const Duration left = time_start + publish_at_ - input.local;
        effects.set_timer(publish_timer, std::max(left, Duration::zero()));
      }
      break;
    case InputKind::timer:
      if (input.timer == publish_timer) {
        offer(input, effects, update_);
      } else {
        if (const auto others = peers(input.self); !others.empty()) {
          const std::uint64_t drawn = input.draw(Purpose("static_list.refresh"),
                                                 static_cast<std::uint64_t>(count_ns(input.local)));
          effects.send(others[draw_below(drawn, others.size())], Have{held_.epoch});
        }
        effects.set_timer(refresh_timer, refresh_);
      }
      break;
    case InputKind::deliver:
      if (const auto* document = input.message->as<Document>()) {
        offer(input, effects, document->membership);
      } else if (const auto* have = input.message->as<Have>()) {
        if (have->epoch < held_.epoch) effects.send(input.from, Document{held_});
        if (have->epoch > held_.epoch) effects.send(input.from, Have{held_.epoch});
      }
      break;
    default:
      break;
  }
}

void StaticList::offer(const Input& input, Effects& effects, const Membership& document) {
  const Refusal refusal = judge(administration_, document, held_.epoch, effects.crypto());
  if (refusal == Refusal::none) {
    take(input, effects, document);
  } else if (refusal != Refusal::stale) {
    ++refused_;
    last_refusal_ = refusal;
  }
}

void StaticList::take(const Input& input, Effects& effects, Membership document) {
  // Who is revoked hears it from those it was connected with; afterwards nobody speaks to it.
  std::vector<NodeId> told = peers(input.self);
  held_ = std::move(document);
  effects.persist(codec::encode(held_));
  effects.forget(++records_);
  std::erase(told, input.from);
  if (!told.empty()) effects.multicast(told, Document{held_});
  tell(input, effects);
}

/// To the slots that speak with neighbours, and to the sessions: with members only.
void StaticList::tell(const Input& input, Effects& effects) {
  const std::vector<NodeId> now = peers(input.self);
  effects.call(Slot::relay, Peers{now});
  effects.call(Slot::consensus, Peers{now});
  std::vector<NodeId> members;
  for (const Member& member : held_.members) {
    if (held_.has(input.self)) members.push_back(member.node);
  }
  effects.admit(members);
}

/// Members that the static overlay connects us with. Who is not in the list itself has none.
std::vector<NodeId> StaticList::peers(NodeId self) const {
  std::vector<NodeId> out;
  if (!held_.has(self)) return out;
  for (const Member& member : held_.members) {
    const bool near = contacts_.empty() ||
                      std::binary_search(contacts_.begin(), contacts_.end(), member.node);
    if (member.node != self && near) out.push_back(member.node);
  }
  return out;
}

void StaticList::inspect(Inspector& inspector) const {
  inspector.field("membership.epoch", held_.epoch);
  std::string list;
  for (const NodeId peer : peers(self_)) list += (list.empty() ? "" : " ") + std::to_string(peer);
  inspector.field("overlay.peers", std::move(list));
  inspector.field("membership.members", static_cast<std::uint64_t>(held_.members.size()));
  inspector.field("membership.refused", refused_);
  inspector.field("membership.last_refusal", std::string(refusal_name(last_refusal_)));
}

}  // namespace static_list

namespace {

std::string check(const Params& p, std::uint32_t replicas) {
  if (p.count("quorum") > p.count("administrators")) {
    return "quorum: " + std::to_string(p.count("quorum")) + " signatures of " +
           std::to_string(p.count("administrators")) + " administrators cannot be; lower it";
  }
  if (p.count("revoke_signatures") > p.count("administrators")) {
    return "revoke_signatures: there are only " + std::to_string(p.count("administrators")) +
           " administrators";
  }
  for (const char* key : {"left_out", "revoke"}) {
    const auto nodes = nodes_in(p.text(key));
    if (!nodes || (!nodes->empty() && nodes->back() >= replicas)) {
      return std::string(key) + ": expected replicas such as \"3, 7\", from 0 to " +
             std::to_string(replicas - 1);
    }
  }
  if (p.count("publisher") >= replicas) return "publisher: there is no such replica";
  return {};
}

}  // namespace

void register_discovery_static_list(Registry& registry) {
  using Type = ParamType;
  ModelInfo info;
  info.name = "static_list";
  info.kind = ModelKind::discovery;
  info.slot = Slot::overlay;
  info.family = "permissioned";
  info.summary = "A list of members signed by a quorum of administrators; newer epochs spread.";
  info.f751 = {};
  info.params = {
      {"administrators", Type::integer, "3", "whose keys every node knows", "1", "255", {}},
      {"quorum", Type::integer, "2", "signatures that make a list valid", "1", "255", {}},
      {"left_out", Type::text, "", "replicas that the first list has not, as \"3, 7\"", {}, {}, {}},
      {"revoke", Type::text, "", "replicas that the second list no longer has", {}, {}, {}},
      {"revoke_at", Type::duration, "10 s", "when the second list is handed in", "0 s", {}, {}},
      {"revoke_signatures", Type::integer, "0",
       "administrators who sign it; 0: a quorum, fewer: it is refused", "0", "255", {}},
      {"publisher", Type::integer, "0", "the replica that it is handed to", "0", {}, {}},
      {"refresh", Type::duration, "30 s", "how often a drawn peer is asked for a newer list",
       "1 ms", "1 d", {}},
  };
  info.messages = message_list<static_list::Document, static_list::Have>();
  info.check = check;
  info.contract.run = seconds(10);
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<static_list::StaticList>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
