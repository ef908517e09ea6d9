// Connections between peers, for every discovery model: some are dialled, some accepted, each is
// kept alive and given up when it falls silent; what the node is connected with is told to its relay
// and its consensus (Peers). How candidates are found is the model's own.
#pragma once

#include <string>
#include <vector>

#include "models/api/model_info.hpp"
#include "models/parts/overlay/messages.hpp"

namespace ledgerlab::overlay {

/// Timers below this are the connections' own; a model's begin here.
inline constexpr std::uint32_t first_timer = 8;

/// The parameters that Peering reads; a model appends them to its own.
std::vector<ParamInfo> peering_params();
/// Those that contradict each other: an error text with the fix, or empty.
std::string check_peering(const Params& params, std::uint32_t replicas);
/// The messages of Peering; a model appends them to its own.
MessageTypes peering_messages();

class Peering : public Module {
 public:
  void step(const Input& input, Effects& effects) final;
  /// The last record names the anchors.
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

 protected:
  explicit Peering(const ModuleContext& context);

  // --- what the model says ---------------------------------------------------------------------
  virtual void on_start(const Input& input, Effects& effects) = 0;
  virtual void on_message(const Input& input, Effects& effects) = 0;
  virtual void on_timer(const Input& input, Effects& effects) = 0;
  virtual void on_call(const Input&, Effects&) {}
  /// Somebody eligible() to be dialled next, or no_node. `number` is another at every call.
  virtual NodeId candidate(const Input& input, std::uint64_t number) = 0;
  /// May this node be a peer at all?
  virtual bool admits(NodeId) const { return true; }
  /// It did not answer, or fell silent.
  virtual void on_silence(const Input&, Effects&, NodeId) {}

  // --- what the connections do -----------------------------------------------------------------
  /// May be dialled: no peer, not being dialled, no refusal or silence just now, its address group
  /// has room.
  bool eligible(NodeId node) const;
  /// Dials candidates up to the number wanted. Does nothing before ready().
  void fill(const Input& input, Effects& effects);
  /// From now on candidates are dialled; anchors were from the start.
  void ready(const Input& input, Effects& effects);
  /// Drops a peer and says so to it.
  void drop(Effects& effects, NodeId node);
  bool is_peer(NodeId node) const;
  NodeId self() const { return self_; }
  std::uint32_t replicas() const { return replicas_; }
  std::uint32_t group_of(NodeId node) const { return groups_.empty() ? node : groups_[node]; }
  bool has_groups() const { return !groups_.empty(); }

 private:
  enum class TimerKind : std::uint32_t { dial = 1, keep_alive };
  struct Peer {
    NodeId node = no_node;
    bool dialled = false;
    Time heard{};
  };
  struct Until {
    NodeId node = no_node;
    Time time{};
  };

  bool on_own_message(const Input& input, Effects& effects);
  void on_connect(const Input& input, Effects& effects);
  void on_keep_alive_timer(const Input& input, Effects& effects);
  void on_dial_timer(const Input& input, Effects& effects);
  void dial(const Input& input, Effects& effects, NodeId node);
  bool dialling(NodeId node) const;
  void add(Effects& effects, NodeId node, bool dialled, Time now);
  void remove(Effects& effects, NodeId node);
  void shun(NodeId node, Time until);
  void keep_anchors(Effects& effects);
  void tell(Effects& effects);
  std::size_t dialled_count() const;
  bool group_has_room(NodeId node) const;
  std::vector<Peer>::iterator find(NodeId node);

  NodeId self_;
  std::uint32_t replicas_;
  std::span<const std::uint16_t> groups_;
  std::size_t outbound_;
  std::size_t inbound_;
  std::size_t group_limit_;
  std::size_t anchors_max_;
  Duration keep_alive_;
  Duration peer_timeout_;
  Duration dial_timeout_;

  bool ready_ = false;
  bool changed_ = false;
  bool dial_timer_ = false;
  std::uint64_t dialled_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<Peer> peers_;  // ascending
  std::vector<Until> dials_;
  std::vector<Until> shunned_;
  std::vector<NodeId> anchors_;  // as on the disk
  std::uint64_t records_ = 0;
};

}  // namespace ledgerlab::overlay
