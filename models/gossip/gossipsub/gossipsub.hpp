// Gossipsub v1.0 and v1.1 (libp2p specification): contents run along a mesh of bounded degree,
// their ids are gossiped to drawn others at each heartbeat; v1.1 scores peers, and prunes and shuns
// those that behave badly. See README.md.
#pragma once

#include "models/api/model_info.hpp"
#include "models/gossip/gossipsub/messages.hpp"
#include "models/gossip/gossipsub/score.hpp"
#include "models/parts/dense/content_cache.hpp"
#include "models/parts/dense/seen_set.hpp"

namespace ledgerlab::gossipsub {

enum class TimerKind : std::uint32_t { heartbeat };

/// The overlay parameters, named as in the specification.
struct Overlay {
  explicit Overlay(const Params& params);
  bool v11;
  std::uint32_t d, d_low, d_high, d_lazy, d_out, d_score;
  std::uint64_t gossip_factor_ppb;
  Duration heartbeat_initial_delay, heartbeat_interval, fanout_ttl;
  std::uint32_t mcache_len, mcache_gossip;
  Duration prune_backoff, graft_flood_threshold;
  bool flood_publish, px;
  std::uint32_t opportunistic_graft_ticks, opportunistic_graft_peers;
  std::uint32_t max_ihave_messages, max_ihave_length, gossip_retransmission;
  Duration iwant_followup_time;
  Duration retain_score;
};

class Gossipsub final : public Module {
 public:
  explicit Gossipsub(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  /// Nothing of a relay is durable.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

 private:
  struct Peer {
    NodeId node = no_node;
    bool outbound = false;  // we dialled it
    std::uint8_t topics = 0;
    std::uint8_t mesh = 0;             // bits of topics
    std::uint8_t fanout = 0;           // bits of topics
    std::uint32_t ihave_messages = 0;  // since the last heartbeat, as are the ids asked of it
    std::uint32_t ihave_asked = 0;
    std::array<Time, topics_max> backoff{};
    PeerStats stats;  // untouched in v1.0

    bool in_mesh(Topic t) const { return (mesh >> t & 1) != 0; }
    bool subscribed(Topic t) const { return (topics >> t & 1) != 0; }
  };
  /// validating: with its owner; cached: published, in the mcache; rejected: invalid.
  enum class State : std::uint8_t { validating, cached, rejected };
  struct Item {
    std::uint32_t dense = 0;
    State state = State::validating;
    Topic topic = 0;
    std::uint32_t window = 0;  // heartbeat in which it was cached
    NodeId sender = no_node;   // of the first copy; no_node: it is our own
    Time since{};
    Time validated{};
    MessageRef frame;                // of type FullMessage
    std::vector<NodeId> deliverers;  // v1.1: who else sent it
    std::vector<NodeId> sent_to;     // v1.1: answers to IWANT, one entry each
  };
  /// A peer whose IHAVE we followed has to deliver this (v1.1).
  struct Promise {
    std::uint32_t dense;
    NodeId node;
    Time deadline;
  };
  struct Retained {
    NodeId node;
    Time until;
    PeerStats stats;
  };
  using Peers = std::vector<Peer*>;
  class Shuffler;

  // gossipsub.cpp: what arrives, what is published
  void on_start(const Input& input, Effects& effects);
  void on_message(const Input& input, Effects& effects);
  void on_content(const Input& input, Peer& from, const FullMessage& message, Effects& effects);
  void on_duplicate(const Input& input, Peer& from, Item& item);
  void on_sub_opts(const Input& input, Peer& from, const SubOpts& message, Effects& effects);
  void on_ihave(const Input& input, Peer& from, const IHave& ihave, Effects& effects);
  void on_iwant(Peer& from, const IWant& iwant, Effects& effects);
  void on_graft(const Input& input, Peer& from, Topic topic, Effects& effects);
  void on_prune(const Input& input, Peer& from, const Prune& prune, Effects& effects);
  void publish(const Input& input, const MessageRef& content, Effects& effects);
  void publish_own(const Input& input, Topic topic, Effects& effects, const MessageRef& frame);
  void on_rejected(const Hash128& content, Effects& effects);
  void on_peers(const Input& input, const std::vector<NodeId>& nodes, Effects& effects);
  void fill_fanout(const Input& input, Topic topic);

  // heartbeat.cpp
  void on_heartbeat(const Input& input, Effects& effects);
  void keep_scores(Time now);
  void maintain_mesh(const Input& input, Topic topic, Effects& effects);
  void graft_some(const Input& input, Topic topic, std::size_t count, bool outbound_only,
                  Points above, Effects& effects);
  void prune_surplus(const Input& input, Topic topic, Peers& mesh, Effects& effects);
  void opportunistic_graft(const Input& input, Topic topic, const Peers& mesh, Effects& effects);
  void emit_gossip(const Input& input, Topic topic, Effects& effects);

  // peers.cpp
  Topic topic_of(const Message& content) const {
    return topics_ > 1 && content.slot() == Slot::mempool ? 1 : 0;
  }
  bool dialled(NodeId node) const;
  Peer* peer(NodeId node);
  Peer make_peer(NodeId node, Time now);
  void count_colocated();
  Points score(const Peer& peer) const { return overlay_.v11 ? score_.of(peer.stats) : 0; }
  Peers mesh_of(Topic topic);
  void add_to_mesh(Peer& peer, Topic topic, Time now);
  void remove_from_mesh(Peer& peer, Topic topic);
  void send_prune(const Input& input, Peer& peer, Topic topic, bool with_px, Effects& effects);

  NodeId self_;
  std::uint32_t replicas_;
  std::uint32_t topics_;
  std::uint64_t subscribers_ppb_;
  std::vector<NodeId> trusted_;
  std::span<const std::uint16_t> address_groups_;
  Overlay overlay_;
  Score score_;
  std::vector<Peer> peers_;  // ascending
  SeenSet seen_;
  std::uint8_t subscribed_ = 0;  // own topics, bits
  bool always_subscribed_;
  std::uint32_t heartbeats_ = 0;
  Time next_decay_{};
  std::array<Time, topics_max> fanout_until_{};  // last publication into the fanout, plus its ttl
  ContentCache<Item> items_;
  std::vector<Promise> promises_;
  std::vector<Retained> retained_;
  std::vector<NodeId> targets_;  // scratch
};

/// Draws of one step: keyed by what the step is about, numbered within it.
class Gossipsub::Shuffler {
 public:
  Shuffler(const Input& input, Purpose purpose, std::uint64_t key)
      : input_(input), purpose_(purpose), key_(key * 0x9e3779b97f4a7c15u) {}
  std::uint64_t below(std::uint64_t n) { return draw_below(input_.draw(purpose_, key_++), n); }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[below(i)]);
  }

 private:
  const Input& input_;
  Purpose purpose_;
  std::uint64_t key_;
};

}  // namespace ledgerlab::gossipsub
