// The state at a block in one file, and back into an empty store of any mode. With it go all
// headers down to genesis, which prove the block's name, and the bodies that the next blocks' rules
// look back on. No private account data.
//
// File: magic; chunks of at most 2 MiB, each its length (4 bytes, little endian), SHA-256 of its
// number (8 bytes) and content, content; after the last a length of zero, SHA-256 of all chunks'
// hashes, their number (8 bytes). The first chunk says what the snapshot is of, the others list
// entries (class, key, value) in the order of keys.hpp's layout.
#pragma once

#include "models/parts/chainstore/chain_store.hpp"
#include "models/parts/files/files.hpp"

namespace ledgerlab::chainstore {

struct SnapshotOf {
  Hash256 genesis;
  std::uint64_t height = 0;
  Hash256 block;
  Hash256 state_root;
  template <class A>
  void fields(A& a) {
    a(genesis, height, block, state_root);
  }
};

/// The state of `height` must be kept. Durable when it returns.
SnapshotOf export_snapshot(ChainStore& chain, std::uint64_t height, files::File& out);

/// Reads the whole file and proves that it is as it was written; nothing of the chain yet.
SnapshotOf check_snapshot(files::File& file);

/// Into an empty store, or one in which a restore stopped half way. What comes back is proven from
/// the block's name down, which must be `trusted` if that is given: else whoever made the file is
/// trusted. Throws StoreError with what is wrong; the store is then no chain.
std::unique_ptr<ChainStore> restore_snapshot(files::File& file, std::unique_ptr<Store> into,
                                             std::optional<Hash256> trusted = {},
                                             std::uint64_t keep = 0);

}  // namespace ledgerlab::chainstore
