// The addresses a node knows, as Bitcoin keeps them: `new` (heard of) and `tried` (connected with
// once), each a table of buckets that a keyed hash of address groups chooses, so that who holds few
// groups can fill few buckets (Heilman et al., Eclipse Attacks on Bitcoin's Peer-to-Peer Network,
// USENIX Security 2015, sections 2.2 and 7).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab::dns_seed {

struct TableSizes {
  std::uint32_t new_buckets = 1024;
  std::uint32_t tried_buckets = 256;
  std::uint32_t bucket = 64;
};

class AddressManager {
 public:
  /// `groups`: of every address; `key`: this node's secret.
  AddressManager(const TableSizes& sizes, std::uint64_t key, std::span<const std::uint16_t> groups)
      : sizes_(sizes), key_(key), groups_(groups) {}

  /// `source` told us of it. False if its place is taken by one that is no worse, or it is known.
  bool add(NodeId address, NodeId source);
  /// We tried to connect.
  void attempt(NodeId address);
  /// It answered: it goes to `tried`. If its place there is taken it waits until the holder has been
  /// tested (test before evict, section 7, countermeasure 3).
  void good(NodeId address);
  /// It does not answer: a holder of a place that somebody waits for loses it.
  void bad(NodeId address);
  /// The holder of a tried place that somebody waits for.
  std::optional<NodeId> to_test() const;

  /// An address by this draw: tried or new with equal odds, then any of that table.
  std::optional<NodeId> select(bool only_new, std::uint64_t draw) const;
  /// Up to `limit` of all, by this draw.
  std::vector<NodeId> some(std::size_t limit, std::uint64_t draw) const;

  std::size_t known() const { return entries_.size(); }
  std::size_t tried() const { return tried_.size(); }
  bool knows(NodeId address) const { return entries_.contains(address); }
  bool is_tried(NodeId address) const;

 private:
  using Place = std::uint64_t;  // bucket and position
  struct Entry {
    Place place = 0;
    bool tried = false;
    std::size_t at = 0;  // in its list
    std::uint32_t failures = 0;  // attempts since it last answered
    bool answered = false;       // ever
  };
  std::uint64_t group(NodeId address) const {
    return address < groups_.size() ? groups_[address] : 0x10000 + address;
  }
  void list(NodeId address, Entry& entry);
  void unlist(const Entry& entry);
  void forget(NodeId address);
  Place new_place(NodeId address, NodeId source) const;
  Place tried_place(NodeId address) const;
  void put_tried(NodeId address, Place place);
  /// Not worth its place (Bitcoin's IsTerrible): three failures without an answer, or ten.
  static bool terrible(const Entry& entry) {
    return entry.failures >= (entry.answered ? 10u : 3u);
  }

  TableSizes sizes_;
  std::uint64_t key_;
  std::span<const std::uint16_t> groups_;
  std::map<NodeId, Entry> entries_;
  std::map<Place, NodeId> new_;
  std::map<Place, NodeId> tried_;
  std::vector<NodeId> lists_[2];  // all of new and of tried, to draw from
  std::map<Place, NodeId> waiting_;  // for a tried place that is taken
};

}  // namespace ledgerlab::dns_seed
