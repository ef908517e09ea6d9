#include "models/discovery/kademlia/kademlia.hpp"

#include <algorithm>

namespace ledgerlab::kademlia {
namespace {

constexpr TimerId timer(std::uint32_t kind) { return {kind, 0}; }

}  // namespace

Kademlia::Kademlia(const ModuleContext& context)
    : Peering(context),
      suite_(context.suite),
      first_contacts_(context.neighbours.begin(), context.neighbours.end()),
      k_(context.params->count("k")),
      alpha_(context.params->count("alpha")),
      contacts_(context.params->count("contacts")),
      query_timeout_(context.params->duration("query_timeout")),
      refresh_(context.params->duration("refresh")),
      refresh_now_(context.params->duration("first_refresh")),
      assume_alive_(context.params->duration("assume_alive")),
      bound_ids_(context.params->text("ids") == "key"),
      id_(overlay::id_of(*context.suite, context.self)),
      table_(id_, k_, context.params->count("bucket_group_limit"),
             context.params->count("table_group_limit"), context.address_groups) {}

// --- joining ------------------------------------------------------------------------------------

void Kademlia::on_start(const Input& input, Effects& effects) {
  join(input, effects);
  const std::uint64_t u = input.draw(Purpose("kademlia.refresh"), 0);
  effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::refresh)),
                    draw_uniform(u, refresh_now_ / 2, refresh_now_));
}

/// Section 2.3: a node that joins knows some contact, looks itself up, then refreshes the buckets
/// further away than its nearest neighbour.
void Kademlia::join(const Input& input, Effects& effects) {
  ++joins_;
  std::vector<NodeId> known = first_contacts_;
  const bool anybody = known.empty();
  std::vector<Contact> contacts;
  const auto add = [&](NodeId node) {
    if (!wanted(node)) return;
    if (std::none_of(contacts.begin(), contacts.end(),
                     [&](const Contact& c) { return c.node == node; })) {
      contacts.push_back({node, overlay::id_of(*suite_, node)});
    }
  };
  const std::size_t from = anybody ? replicas() - 1 : known.size();
  const std::size_t wanted_count = contacts_ == 0 ? from : std::min(contacts_, from);
  for (std::uint64_t i = 0; contacts.size() < wanted_count && i < 64 * wanted_count; ++i) {
    const std::uint64_t u = input.draw(Purpose("kademlia.contact"), joins_ << 32 | i);
    if (anybody) {
      add(static_cast<NodeId>(draw_below(u, replicas())));
    } else {
      const std::size_t at = draw_below(u, known.size());
      add(known[at]);
      known.erase(known.begin() + static_cast<std::ptrdiff_t>(at));
      if (known.empty()) break;
    }
  }
  effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::join)), 5 * query_timeout_);
  if (contacts.empty()) return ready(input, effects);
  look_up(input, effects, {id_, true}, contacts);
}

Id Kademlia::random_id(const Input& input) {
  Id out;
  for (std::size_t i = 0; i < Id::size(); i += 4) {
    const std::uint64_t u = input.draw(Purpose("kademlia.target"), ++draws_);
    for (std::size_t b = 0; b < 4; ++b) out.data[i + b] = static_cast<Byte>(u >> (8 * b));
  }
  return out;
}

// --- lookups ------------------------------------------------------------------------------------

void Kademlia::look_up(const Input& input, Effects& effects, const Target& target,
                       std::span<const Contact> seeds) {
  lookup_.running = true;
  lookup_.own = target.own;
  lookup_.target = target.id;
  ++lookup_.query;
  lookup_.probes.clear();
  lookup_.questions = 0;
  if (Bucket* b = table_.bucket(target.id)) b->looked_up = input.local;
  for (const Contact& c : table_.closest(target.id, k_, no_node)) add_probe(c, 1);
  for (const Contact& c : seeds) add_probe(c, 1);
  proceed(input, effects);
}

void Kademlia::add_probe(const Contact& contact, std::uint16_t hops) {
  auto& probes = lookup_.probes;
  if (std::any_of(probes.begin(), probes.end(),
                  [&](const Probe& p) { return p.contact.node == contact.node; })) {
    return;
  }
  const auto at = std::upper_bound(probes.begin(), probes.end(), contact,
                                   [&](const Contact& c, const Probe& p) {
                                     return overlay::nearer(lookup_.target, c.id, p.contact.id);
                                   });
  if (at == probes.end() && probes.size() >= 4 * k_) return;
  probes.insert(at, {contact, ProbeState::fresh, hops, {}});
}

/// Section 2.3, with the loose parallelism of the implementations: up to alpha questions are under
/// way, always to the nearest that were not asked; it ends when the k nearest have answered.
void Kademlia::proceed(const Input& input, Effects& effects) {
  if (!lookup_.running) return;
  std::size_t under_way = 0;
  Time earliest = time_never;
  for (const Probe& p : lookup_.probes) {
    if (p.state != ProbeState::asked) continue;
    ++under_way;
    earliest = std::min(earliest, p.deadline);
  }
  std::size_t nearest = 0;
  bool open = false;
  for (Probe& p : lookup_.probes) {
    if (p.state == ProbeState::failed) continue;
    if (nearest++ == k_) break;
    open |= p.state == ProbeState::asked;
    if (p.state != ProbeState::fresh) continue;
    open = true;
    if (under_way == alpha_) break;
    ++under_way;
    ++lookup_.questions;
    p.state = ProbeState::asked;
    p.deadline = input.local + query_timeout_;
    earliest = std::min(earliest, p.deadline);
    effects.send(p.contact.node, FindNode{lookup_.query, id_, lookup_.target});
  }
  if (!open) return finish(input, effects);
  effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::query)),
                    std::max(earliest - input.local, Duration::zero()));
}

void Kademlia::finish(const Input& input, Effects& effects) {
  lookup_.running = false;
  effects.cancel_timer(timer(static_cast<std::uint32_t>(TimerKind::query)));
  const auto nearest =
      std::find_if(lookup_.probes.begin(), lookup_.probes.end(),
                   [](const Probe& p) { return p.state == ProbeState::answered; });
  const bool answered = nearest != lookup_.probes.end();
  if (answered && !lookup_.own) {
    ++lookups_;
    hops_ += nearest->hops;
    questions_ += lookup_.questions;
  }
  if (lookup_.own && answered && !joined_) {
    joined_ = true;
    effects.cancel_timer(timer(static_cast<std::uint32_t>(TimerKind::join)));
    // "It refreshes all k-buckets further away than its closest neighbor."
    for (int b = std::max(table_.nearest_bucket(), 0) + 1; b < overlay::id_bits; ++b) {
      const Id target = overlay::id_in_bucket(id_, b, random_id(input));
      targets_.insert(targets_.begin(), {target, false});
      if (const int top = table_.buckets().empty() ? 0 : table_.buckets().back().number; b >= top) {
        break;  // all beyond are as empty as this
      }
    }
  }
  if (lookup_.own) ready(input, effects);
  next_lookup(input, effects);
}

void Kademlia::next_lookup(const Input& input, Effects& effects) {
  if (lookup_.running || targets_.empty()) {
    fill(input, effects);
    return;
  }
  const Target next = targets_.back();
  targets_.pop_back();
  look_up(input, effects, next, {});
}

void Kademlia::on_query_timer(const Input& input, Effects& effects) {
  std::vector<NodeId> silent;
  for (Probe& p : lookup_.probes) {
    if (p.state != ProbeState::asked || p.deadline > input.local) continue;
    p.state = ProbeState::failed;
    silent.push_back(p.contact.node);
  }
  for (const NodeId node : silent) lost(node);
  proceed(input, effects);
}

// --- messages -----------------------------------------------------------------------------------

void Kademlia::on_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  if (const auto* find = m.as<FindNode>()) {
    heard(input, effects, find->sender);
    effects.send(input.from, Nodes{find->query, id_, table_.closest(find->target, k_, input.from)});
  } else if (const auto* nodes = m.as<Nodes>()) {
    heard(input, effects, nodes->sender);
    on_nodes(input, effects, *nodes);
  } else if (const auto* ping = m.as<Ping>()) {
    heard(input, effects, ping->sender);
    effects.send(input.from, Pong{id_});
  } else if (const auto* pong = m.as<Pong>()) {
    heard(input, effects, pong->sender);
  }
}

void Kademlia::on_nodes(const Input& input, Effects& effects, const Nodes& nodes) {
  if (!lookup_.running || nodes.query != lookup_.query) return;
  const auto asked =
      std::find_if(lookup_.probes.begin(), lookup_.probes.end(), [&](const Probe& p) {
        return p.contact.node == input.from && p.state == ProbeState::asked;
      });
  if (asked == lookup_.probes.end()) return;
  asked->state = ProbeState::answered;
  const auto hops = static_cast<std::uint16_t>(asked->hops + 1);
  std::size_t taken = 0;
  for (const Contact& c : nodes.contacts) {
    if (taken++ == k_) break;
    if (wanted(c.node)) add_probe(c, hops);
  }
  proceed(input, effects);
}

/// Section 2.2: every message of a node puts it into its bucket, or to its tail; when the bucket is
/// full, the least recently seen is pinged and makes room if it does not answer.
void Kademlia::heard(const Input& input, Effects& effects, const Id& id) {
  const Contact contact{input.from, id};
  Bucket* bucket = table_.bucket(id);
  if (bucket == nullptr) return;
  if (!table_.contains(input.from) && !id_is_true(effects, contact)) return;
  const auto answered = [&](Bucket& b) {
    if (b.pinged == input.from) b.pinged = no_node;
  };
  switch (table_.heard(contact, input.local)) {
    case Table::Taken::known:
      answered(*bucket);
      break;
    case Table::Taken::full: {
      const Entry& oldest = bucket->entries.front();
      if (bucket->pinged != no_node || oldest.heard + assume_alive_ > input.local) break;
      bucket->pinged = oldest.contact.node;
      bucket->waiting = contact;
      bucket->deadline = input.local + query_timeout_;
      effects.send(oldest.contact.node, Ping{id_});
      arm_pings(input, effects);
      break;
    }
    case Table::Taken::inserted:
    case Table::Taken::refused:
      break;
  }
}

/// Is the id that a contact goes by the one its key gives?
bool Kademlia::id_is_true(Effects& effects, const Contact& contact) const {
  if (!bound_ids_) return true;
  effects.work(Operation::hash_byte, sizeof(NodeKey));
  return contact.id == overlay::id_of(*suite_, contact.node);
}

void Kademlia::arm_pings(const Input& input, Effects& effects) {
  Time earliest = time_never;
  for (const Bucket& b : table_.buckets()) {
    if (b.pinged != no_node) earliest = std::min(earliest, b.deadline);
  }
  if (ping_timer_ || earliest == time_never) return;
  ping_timer_ = true;
  effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::ping)),
                    std::max(earliest - input.local, Duration::zero()));
}

void Kademlia::on_ping_timer(const Input& input, Effects& effects) {
  ping_timer_ = false;
  for (Bucket& b : table_.buckets()) {
    if (b.pinged == no_node || b.deadline > input.local) continue;
    lost(b.pinged);
    b.pinged = no_node;
    ++evicted_;
    table_.heard(b.waiting, input.local);
  }
  arm_pings(input, effects);
}

void Kademlia::lost(NodeId node) { table_.remove(node); }

void Kademlia::on_silence(const Input&, Effects&, NodeId node) { lost(node); }

// --- refresh ------------------------------------------------------------------------------------

void Kademlia::on_timer(const Input& input, Effects& effects) {
  switch (static_cast<TimerKind>(input.timer.kind)) {
    case TimerKind::query:
      on_query_timer(input, effects);
      break;
    case TimerKind::ping:
      on_ping_timer(input, effects);
      break;
    case TimerKind::refresh:
      on_refresh_timer(input, effects);
      break;
    case TimerKind::join:
      if (!joined_ && !lookup_.running) join(input, effects);
      if (!joined_) {
        effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::join)), 5 * query_timeout_);
      }
      break;
  }
}

/// Section 2.3: a bucket in which nothing was looked up for `refresh` gets a lookup of a random id
/// of its range. Besides, a young node looks itself and a random id up, at doubling distances of
/// time: what joined together with it has become known meanwhile.
void Kademlia::on_refresh_timer(const Input& input, Effects& effects) {
  if (table_.size() == 0) {
    joined_ = false;  // everybody it knew is gone
    if (!lookup_.running) join(input, effects);
  }
  const int nearest = table_.nearest_bucket();
  std::vector<Target> due;
  for (const Bucket& b : table_.buckets()) {
    if (b.number < nearest || b.looked_up + refresh_ > input.local) continue;
    due.push_back({overlay::id_in_bucket(id_, b.number, random_id(input)), false});
  }
  due.push_back({random_id(input), false});
  due.push_back({id_, true});
  refresh_now_ = std::min(2 * refresh_now_, refresh_);
  effects.set_timer(timer(static_cast<std::uint32_t>(TimerKind::refresh)), refresh_now_);
  if (targets_.size() > due.size()) return;  // still busy with the last ones
  targets_.insert(targets_.begin(), due.begin(), due.end());
  if (!lookup_.running) next_lookup(input, effects);
}

// --- peers --------------------------------------------------------------------------------------

/// One of the table's contacts that may be dialled, each as likely as the other: peers chosen by
/// distance would be those that an adversary can place itself among.
NodeId Kademlia::candidate(const Input& input, std::uint64_t number) {
  thread_local std::vector<NodeId> all;  // scratch
  all.clear();
  for (const Bucket& b : table_.buckets()) {
    for (const Entry& e : b.entries) {
      if (eligible(e.contact.node)) all.push_back(e.contact.node);
    }
  }
  if (all.empty()) return no_node;
  return all[draw_below(input.draw(Purpose("kademlia.peer"), number), all.size())];
}

void Kademlia::inspect(Inspector& inspector) const {
  Peering::inspect(inspector);
  std::string known;
  for (const Bucket& b : table_.buckets()) {
    for (const Entry& e : b.entries) {
      known += (known.empty() ? "" : " ") + std::to_string(e.contact.node);
    }
  }
  inspector.field("overlay.known", std::move(known));
  inspector.field("overlay.lookups", lookups_);
  inspector.field("overlay.lookup_hops", hops_);
  inspector.field("overlay.lookup_questions", questions_);
  inspector.field("overlay.evicted", evicted_);
}

}  // namespace ledgerlab::kademlia
