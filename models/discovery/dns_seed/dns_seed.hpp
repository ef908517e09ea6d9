// Permissionless discovery by seeds and address gossip, as Bitcoin does it. See README.md.
#pragma once

#include <array>
#include <map>
#include <set>

#include "models/api/model_info.hpp"
#include "models/discovery/dns_seed/address_manager.hpp"
#include "models/discovery/dns_seed/messages.hpp"

namespace ledgerlab::dns_seed {

enum class TimerKind : std::uint32_t { connect, feeler, ping };

class DnsSeed final : public Module {
 public:
  explicit DnsSeed(const ModuleContext& context);
  void step(const Input& input, Effects& effects) override;
  /// Bitcoin keeps its tables in peers.dat; here a restart begins with the seeds again.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

  const AddressManager& addresses() const { return addresses_; }
  std::vector<NodeId> peers() const;

 private:
  struct Connection {
    bool outbound = false;
    std::uint32_t unanswered = 0;  // pings
  };
  void start(const Input& input, Effects& effects);
  void deliver(const Input& input, Effects& effects);
  void on_connect(const Input& input, Effects& effects, const Connect& connect);
  void on_accept(const Input& input, Effects& effects, const Accept& accept);
  void on_addresses(const Input& input, Effects& effects, const Addr& addr);
  void answer_query(const Input& input, Effects& effects);
  void learn(const Input& input, std::span<const NodeId> addresses, NodeId source);
  void find_peers(const Input& input, Effects& effects);
  void feel(const Input& input, Effects& effects);
  void ping(const Input& input, Effects& effects);
  void lose(Effects& effects, NodeId peer);
  void gain(Effects& effects, NodeId peer, bool outbound);
  void tell(Effects& effects) const;
  std::uint32_t outbound() const;
  bool group_taken(NodeId address) const;
  /// Each purpose counts its own draws: one more of one kind moves no other.
  enum class Draw : std::uint8_t { feeler, getaddr, answer, gossip, select, seed, feel };
  std::uint64_t draw(const Input& input, Purpose purpose, Draw kind) {
    return input.draw(purpose, drawn_[static_cast<std::size_t>(kind)]++);
  }

  std::vector<NodeId> seeds_;  // ascending
  std::uint32_t replicas_;
  std::span<const std::uint16_t> groups_;
  std::uint32_t answer_max_;
  std::uint64_t crawled_ppb_;
  std::uint32_t outbound_max_;
  std::uint32_t inbound_max_;
  Duration connect_interval_;
  Duration feeler_interval_;
  Duration ping_interval_;
  AddressManager addresses_;
  std::map<NodeId, Connection> connections_;
  std::map<NodeId, bool> asked_;      // Connect without an answer yet; true: a feeler
  std::set<NodeId> gave_addresses_;   // answered getaddr once a connection, as Bitcoin does
  std::array<std::uint64_t, 7> drawn_{};
};

}  // namespace ledgerlab::dns_seed
