// The world state of execute-order-validate: byte strings under byte strings, each with the version
// of its last writer, in a secure Merkle-Patricia trie; and a view of it that records.
#pragma once

#include <map>

#include "models/crypto/mpt.hpp"
#include "models/parts/ledger/rules.hpp"
#include "models/parts/pipeline/read_write_set.hpp"

namespace ledgerlab::pipeline {

struct Versioned {
  Bytes value;  // empty: nothing is there
  Version version = 0;
};

/// One version of the whole. Copies share their nodes. The root covers values and versions: nodes
/// that would judge a read differently have different roots.
class State final : public ledger::State {
 public:
  Versioned get(ByteView key) const;
  /// The version alone.
  Version version(ByteView key) const;
  /// An empty value erases.
  void set(ByteView key, ByteView value, Version version);
  void apply(const std::vector<WriteItem>& writes, Version version);
  Hash256 root() const override { return trie_.root(); }
  TrieProof prove(ByteView key) const { return trie_.prove(key); }
  /// All entries by hashed key: canonical, for snapshots.
  Bytes serialise() const;
  /// Nothing if the bytes are not what serialise() writes.
  static std::optional<State> deserialise(ByteView bytes);

 private:
  SecureTrie trie_;
};

/// A leaf of the state's trie: version (8 bytes, most significant first), value.
Bytes encode_leaf(ByteView value, Version version);

/// A simulation's window on one state: reads see its own writes first, and only what comes from the
/// state enters the read set. The state is not changed.
class Recorder {
 public:
  explicit Recorder(const State& base) : base_(base) {}
  /// Empty: nothing is there.
  Bytes get(ByteView key);
  /// An empty value erases.
  void put(ByteView key, ByteView value);
  /// Of the state, whatever was written since; recorded too.
  Bytes original(ByteView key);

  std::size_t mark() const { return journal_.size(); }
  /// Undoes the writes since the mark. What was read stays read: the outcome depended on it.
  void revert(std::size_t mark);
  ReadWriteSet set() const;
  std::size_t reads() const { return reads_.size(); }
  std::size_t writes() const { return writes_.size(); }

 private:
  struct Undo {
    Bytes key;
    std::optional<Bytes> before;  // nothing: it was not written
  };
  const State& base_;
  std::map<Bytes, Versioned> reads_;
  std::map<Bytes, Bytes> writes_;
  std::vector<Undo> journal_;
};

/// Section 3.4's second check: is every version that was read the current one?
bool reads_are_current(const ReadWriteSet& set, const State& state);

}  // namespace ledgerlab::pipeline
