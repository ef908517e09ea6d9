// An Ethereum chain in a store of any mode: blocks by height and id, transactions and receipts,
// states by version, code by hash, private account data apart from all that. Each block is one
// batch: after a crash the chain goes on from the last whole block. Layout: keys.hpp.
#pragma once

#include <memory>

#include "models/api/storage.hpp"
#include "models/parts/ethereum/chain.hpp"
#include "models/parts/ethereum/genesis.hpp"

namespace ledgerlab::files {
class File;
}

namespace ledgerlab::chainstore {

/// What the node knows of its chain; written with every block.
struct Status {
  std::uint8_t format = 1;
  std::uint8_t naming = 0;  // ethereum::SealPart that block names leave out
  Hash256 genesis;
  std::uint64_t head = 0;
  Hash256 head_hash;
  Hash256 state_root;
  std::uint64_t final_block = 0;
  std::uint64_t first_state = 0;  // versions of the state from here on can be read
  std::uint64_t first_body = 0;   // bodies and receipts; headers go down to genesis
  std::uint64_t keep = 0;         // versions kept; 0: an archive
  template <class A>
  void fields(A& a) {
    a(format, naming, genesis, head, head_hash, state_root, final_block, first_state, first_body,
      keep);
  }
};

/// Bodies below the first kept state that stay: a block's ommers may repeat none of the last seven
/// generations' (Yellow Paper, 11.1).
inline constexpr std::uint64_t bodies_below = 7;
inline constexpr std::uint64_t min_keep = 2;

struct Place {
  std::uint64_t block = 0;
  std::uint64_t position = 0;
};

/// Operations throw StoreError; what is asked of a height that is not kept is not there.
class ChainStore {
 public:
  /// Reads the state of the last block and proves it by the root in its header.
  explicit ChainStore(std::unique_ptr<Store> store);

  /// A chain begins in an empty store. `keep` versions of the state stay; 0: all.
  void begin(const ethereum::Genesis& genesis, std::uint64_t keep = 0);
  /// The block on the head, which was judged before. One batch; prunes as `keep` says.
  void append(const ethereum::Chain::Entry& entry);
  /// Takes blocks above `height` back. One batch.
  void rewind(std::uint64_t height);
  /// Makes this chain's head the store's: back to where they part and up again, a batch a block.
  void follow(const ethereum::Chain& chain);
  void finalise(std::uint64_t height);
  /// Keeps the last `keep` states from now on (0: all from now on) and gives the space of older
  /// ones back, also of code that no kept version names.
  void prune(std::uint64_t keep);

  bool empty() const { return !begun_; }
  const Status& status() const { return status_; }
  const ethereum::WorldState& state() const { return state_; }  // after the head
  std::optional<Hash256> hash_of(std::uint64_t height);
  std::optional<std::uint64_t> height_of(const Hash256& block);
  std::optional<ethereum::Header> header(std::uint64_t height);
  std::optional<U256> total_difficulty(std::uint64_t height);
  std::optional<ethereum::Block> block(std::uint64_t height);
  /// Encodings of a block's receipts.
  std::optional<std::vector<Bytes>> receipts(std::uint64_t height);
  std::optional<Place> find_transaction(const Hash256& hash);
  /// As of a kept height, without loading the state.
  std::optional<ethereum::Account> account(const Address& address, std::uint64_t height);
  U256 word(const Address& address, const U256& slot, std::uint64_t height);
  ethereum::WorldState state_at(std::uint64_t height);

  /// A chain that goes on from the head.
  std::unique_ptr<ethereum::Chain> resume(const ethereum::Rules& rules, ContractEngine& engine);

  /// Private account data: keystore files by address, encrypted by their password.
  void put_account_file(const Address& address, std::string_view keystore);
  std::optional<std::string> account_file(const Address& address);
  std::vector<Address> account_files();

  /// Reads everything and proves it from the head's name down: headers by their links, bodies,
  /// receipts and indexes by the headers, every version of the state by its root, code by its
  /// hash; and that nothing else is there.
  void verify();

  Store& store() { return *store_; }
  std::unique_ptr<Store> release() { return std::move(store_); }

 private:
  friend class Audit;
  friend std::unique_ptr<ChainStore> restore_snapshot(files::File& file,
                                                      std::unique_ptr<Store> into,
                                                      std::optional<Hash256> trusted,
                                                      std::uint64_t keep);
  ChainStore(std::unique_ptr<Store> store, bool unfinished);
  void finish(std::uint64_t keep);

  void put_block(StoreBatch& batch, const ethereum::Block& block, const Hash256& hash,
                 const U256& difficulty, std::span<const ethereum::Receipt> receipts);
  void put_state(StoreBatch& batch, std::uint64_t height, const ethereum::WorldState& after);
  void erase_body(StoreBatch& batch, std::uint64_t height);
  void prune_to(StoreBatch& batch, Status& status, std::uint64_t first_state);
  void commit(StoreBatch batch, const Status& status);
  void sweep_code();
  std::optional<Bytes> state_entry(ByteView item, std::uint64_t height);
  std::vector<Bytes> changed_items(std::uint64_t height);
  ethereum::WorldState load(std::uint64_t height);
  std::shared_ptr<const ethereum::Authorities> signers(const ethereum::Rules& rules);

  std::unique_ptr<Store> store_;
  bool begun_ = false;
  Status status_;
  ethereum::WorldState state_;
};

/// Copies everything, private account data too, into an empty store of any mode; the digests are
/// equal then.
void convert(Store& from, Store& to);

}  // namespace ledgerlab::chainstore
