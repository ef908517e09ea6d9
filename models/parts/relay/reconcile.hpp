// Reconciliation of transaction announcements (G. Naumenko, G. Maxwell, P. Wuille, A. Fedorova, I.
// Beschastnikh: Erlay: Efficient Transaction Relay for Bitcoin, CCS 2019; messages of BIP 330): a
// transaction is announced to a few peers at once; for every other peer it waits in a set, and from
// time to time the two ends compare their sets by sketches and announce the difference alone.
#pragma once

#include <functional>
#include <span>

#include "models/api/effects.hpp"
#include "models/api/module.hpp"
#include "models/crypto/siphash.hpp"
#include "models/parts/sketch/sketch.hpp"

namespace ledgerlab::relay {

inline constexpr std::size_t sketch_max = 4096;

/// "I reconcile", with this end's half of the salt.
struct SendTxRcncl {
  static constexpr MessageInfo info{21, "SendTxRcncl", Role::relay, Auth::mac};
  std::uint64_t salt = 0;
  bool hello = false;  // stands for the new connection, on which both sides say it
  template <class A>
  void fields(A& a) {
    a(salt, hello);
  }
};

/// "Send me a sketch": the size of this end's set and its estimate q of how sets differ.
struct ReqTxRcncl {
  static constexpr MessageInfo info{22, "ReqTxRcncl", Role::relay, Auth::mac};
  std::uint16_t set_size = 0;
  std::uint16_t q = 0;  // in units of 1 / 2^15
  template <class A>
  void fields(A& a) {
    a(set_size, q);
  }
};

/// Four bytes for each element of the capacity; empty: one of the sets is empty.
struct SketchMessage {
  static constexpr MessageInfo info{23, "Sketch", Role::relay, Auth::mac};
  std::uint16_t set_size = 0;
  std::vector<Field> sums;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(sums, sketch_max);
    a(set_size, limited);
  }
};

/// Success: "announce to me these, by short id". Failure: both announce their whole sets.
struct ReconcilDiff {
  static constexpr MessageInfo info{24, "ReconcilDiff", Role::relay, Auth::mac};
  bool success = false;
  std::vector<Field> ask;
  template <class A>
  void fields(A& a) {
    auto limited = codec::at_most(ask, sketch_max);
    a(success, limited);
  }
};

class Reconciler {
 public:
  using Sequence = std::uint32_t;
  /// What the relay knows of its items.
  struct Items {
    std::function<bool(Sequence, std::size_t peer)> lacks;  // it is spread and the peer lacks it
    std::function<const Hash128&(Sequence)> id;
    std::function<void(Effects&, std::size_t peer, std::span<const Sequence>)> announce;
  };
  struct Settings {
    NodeId self = 0;
    Duration interval{};            // between two reconciliations with one peer
    std::uint32_t flood_peers = 0;  // called peers that hear of a transaction at once
  };

  Reconciler(Settings settings, Items items) : settings_(settings), items_(std::move(items)) {}

  void start(const Input& input, Effects& effects, std::span<const NodeId> peers);
  void set_peers(const Input& input, Effects& effects, std::span<const NodeId> before,
                 std::span<const NodeId> now);
  /// Puts the item into the sets of the peers that reconcile; returns a bit for each peer that is
  /// to hear of it at once.
  std::vector<std::uint64_t> add(const Input& input, Sequence item, const Hash128& id);
  /// False if the message is none of these.
  bool on_message(const Input& input, Effects& effects, std::size_t peer);
  /// The timer of this kind has rung.
  void on_timer(const Input& input, Effects& effects);
  std::uint64_t rounds() const { return rounds_; }
  std::uint64_t failures() const { return failures_; }

 private:
  struct Element {
    Field short_id = 0;
    Sequence item = 0;
  };
  struct Peer {
    NodeId id = no_node;
    bool reconciles = false;
    bool waiting = false;    // for its sketch
    std::uint64_t salt = 0;  // its half
    SipKey key;
    std::uint16_t q = 8192;  // BIP 330: 0.25 at first
    std::vector<Sequence> set;
    std::vector<Element> snapshot;  // of the round under way, by short id
  };

  void greet(const Input& input, Effects& effects, Peer& peer, bool hello);
  std::uint64_t own_salt(const Input& input, NodeId peer) const;
  void ask_next(Effects& effects);
  void arm(Effects& effects, std::span<const NodeId> peers);
  /// The set as it is now becomes the round's snapshot.
  void take_snapshot(Effects& effects, std::size_t peer);
  Sketch sketch_of(const Peer& peer, std::size_t capacity) const;
  void on_request(Effects& effects, std::size_t peer, const ReqTxRcncl& request);
  void on_sketch(Effects& effects, std::size_t peer, const SketchMessage& message);
  void on_difference(Effects& effects, std::size_t peer, const ReconcilDiff& difference);
  void announce_snapshot(Effects& effects, std::size_t peer);

  Settings settings_;
  Items items_;
  std::vector<Peer> peers_;  // by position
  std::size_t next_ = 0;     // whose turn it is
  bool armed_ = false;
  std::uint64_t rounds_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace ledgerlab::relay
