// Kademlia (P. Maymounkov, D. Mazieres, IPTPS 2002) as the way nodes find one another: k-buckets,
// iterative lookups with alpha questions under way, refresh. Peers are drawn from the table
// whatever their distance. Nothing is stored: STORE and FIND_VALUE have no use here. See README.md.
#pragma once

#include <vector>

#include "models/discovery/kademlia/table.hpp"
#include "models/parts/overlay/peering.hpp"

namespace ledgerlab::kademlia {

using overlay::FindNode;
using overlay::Nodes;
using overlay::Ping;
using overlay::Pong;

class Kademlia final : public overlay::Peering {
 public:
  explicit Kademlia(const ModuleContext& context);
  void inspect(Inspector& inspector) const override;

 protected:
  void on_start(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  NodeId candidate(const Input& input, std::uint64_t number) override;
  void on_silence(const Input& input, Effects& effects, NodeId node) override;

 private:
  enum class TimerKind : std::uint32_t { query = overlay::first_timer, ping, refresh, join };
  enum class ProbeState : std::uint8_t { fresh, asked, answered, failed };
  struct Probe {
    Contact contact;
    ProbeState state = ProbeState::fresh;
    std::uint16_t hops = 1;  // questions on the way to it, the one to itself among them
    Time deadline{};
  };
  struct Target {
    Id id;
    bool own = false;
  };
  /// One lookup at a time; others wait in targets_.
  struct Lookup {
    bool running = false;
    bool own = false;  // for the own id: its end ends the joining
    Id target;
    std::uint32_t query = 0;  // its number: late answers to an earlier one are not its
    std::vector<Probe> probes;  // nearest first
    std::uint32_t questions = 0;
  };

  void join(const Input& input, Effects& effects);
  void look_up(const Input& input, Effects& effects, const Target& target,
               std::span<const Contact> seeds);
  void next_lookup(const Input& input, Effects& effects);
  void proceed(const Input& input, Effects& effects);
  void finish(const Input& input, Effects& effects);
  void add_probe(const Contact& contact, std::uint16_t hops);
  void on_nodes(const Input& input, Effects& effects, const Nodes& nodes);
  void on_query_timer(const Input& input, Effects& effects);
  void on_ping_timer(const Input& input, Effects& effects);
  void on_refresh_timer(const Input& input, Effects& effects);
  void heard(const Input& input, Effects& effects, const Id& id);
  void arm_pings(const Input& input, Effects& effects);
  void lost(NodeId node);
  bool id_is_true(Effects& effects, const Contact& contact) const;
  Id random_id(const Input& input);
  bool wanted(NodeId node) const { return node < replicas() && node != self(); }

  CryptoSuite* suite_;
  std::vector<NodeId> first_contacts_;  // of the static overlay; empty: anybody
  std::size_t k_;
  std::size_t alpha_;
  std::size_t contacts_;
  Duration query_timeout_;
  Duration refresh_;
  Duration refresh_now_;  // doubles up to refresh_
  Duration assume_alive_;
  bool bound_ids_;
  Id id_;
  Table table_;

  bool joined_ = false;
  std::uint64_t joins_ = 0;
  std::uint64_t draws_ = 0;
  bool ping_timer_ = false;
  Lookup lookup_;
  std::vector<Target> targets_;  // lookups that wait, the next one last
  std::uint64_t lookups_ = 0;    // finished ones of random targets, and what they took
  std::uint64_t hops_ = 0;
  std::uint64_t questions_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace ledgerlab::kademlia
