// The routing table of Kademlia (section 2.2): k-buckets by distance, each in the order in which
// its contacts were last heard of, with limits per address group.
#pragma once

#include <span>
#include <vector>

#include "models/base/time.hpp"
#include "models/parts/overlay/distance.hpp"

namespace ledgerlab::kademlia {

using overlay::Contact;
using overlay::Id;

struct Entry {
  Contact contact;
  Time heard{};
};

struct Bucket {
  int number = 0;
  std::vector<Entry> entries;   // least recently seen first
  Time looked_up{};             // a lookup went through here, or none was due
  NodeId pinged = no_node;      // the entry in question, while it is pinged ...
  Time deadline{};              // ... until here
  Contact waiting;              // takes its place if it does not answer
};

class Table {
 public:
  /// `groups`: address group of each node; empty: no limits.
  Table(const Id& self, std::size_t k, std::size_t bucket_limit, std::size_t table_limit,
        std::span<const std::uint16_t> groups)
      : self_(self), k_(k), bucket_limit_(bucket_limit), table_limit_(table_limit),
        groups_(groups) {}

  enum class Taken : std::uint8_t { known, inserted, full, refused };
  /// A message came from this contact. full: its bucket has no place, see oldest().
  Taken heard(const Contact& contact, Time now);
  bool remove(NodeId node);
  bool contains(NodeId node) const { return find(node) != nullptr; }
  const Entry* find(NodeId node) const;
  /// The bucket that this id belongs to; made if it was not there. Null for the own id.
  Bucket* bucket(const Id& id);
  std::vector<Bucket>& buckets() { return buckets_; }
  const std::vector<Bucket>& buckets() const { return buckets_; }

  /// The `count` contacts nearest to the target, nearest first, without `but`.
  std::vector<Contact> closest(const Id& target, std::size_t count, NodeId but) const;
  std::size_t size() const { return size_; }
  /// Number of the nearest contact's bucket; -1: the table is empty.
  int nearest_bucket() const;
  /// May a contact of this node's address group enter the bucket?
  bool group_has_room(const Bucket& bucket, NodeId node) const;

 private:
  Id self_;
  std::size_t k_;
  std::size_t bucket_limit_;
  std::size_t table_limit_;
  std::span<const std::uint16_t> groups_;
  std::vector<Bucket> buckets_;  // ascending by number
  std::size_t size_ = 0;
};

}  // namespace ledgerlab::kademlia
