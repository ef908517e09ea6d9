// Compact block relay (BIP 152) over the flood: a block goes out as its header and short ids of its
// transactions, the receiver puts it together from its own pool and asks for what is missing.
// Transactions travel by announcement and request as in the inventory relay. See README.md.
#pragma once

#include "models/gossip/compact/messages.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab::compact {

/// What all of a world are told.
struct CompactSettings : relay::Settings {
  explicit CompactSettings(const ModuleContext& context);
  bool share;
  std::uint32_t favourites_max;
  std::uint32_t modelled_failure;  // in 10^9
  std::uint32_t modelled_missing;  // likewise
  std::uint32_t modelled_bytes;
  std::uint64_t prefill_bytes;
  bool operator==(const CompactSettings&) const = default;
};

class Compact final : public relay::Relay {
 public:
  explicit Compact(const ModuleContext& context);
  void inspect(Inspector& inspector) const override;

 private:
  /// A block being put together.
  struct Partial {
    Sequence item = 0;
    NodeId from = no_node;
    MessageRef message;         // CmpctBlock or ModelledCmpctBlock
    std::vector<TxRef> filled;  // by position; null: missing
    Indexes missing;            // asked for
  };

  void on_start(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_answer(const Input& input, Effects& effects) override;
  void announce_block(const Input& input, Effects& effects, Sequence sequence) override;
  void on_new_peers(const Input& input, Effects& effects, std::span<const NodeId> before) override;
  void on_settled(Effects& effects, Sequence sequence, NodeId from) override;

  void on_send_cmpct(const Input& input, const SendCmpct& message, Effects& effects);
  void on_block_inv(const Input& input, const BlockInv& inv, Effects& effects);
  void on_get_compact(const Input& input, const GetCompact& get, Effects& effects);
  void on_cmpct_block(const Input& input, const CmpctBlock& compact, Effects& effects);
  void on_modelled(const Input& input, const ModelledCmpctBlock& compact, Effects& effects);
  void on_get_block_txn(const Input& input, const GetBlockTxn& get, Effects& effects);
  void on_block_txn(const Input& input, const BlockTxn& answer, Effects& effects);

  /// A compact block came: the item, if it is wanted and nobody else's is under way, or `nothing`.
  Sequence wanted(const Input& input, Effects& effects, const Hash128& id);
  Partial& begin(const Input& input, Sequence item);
  /// Everything is there: the content as it was announced, or a request for the whole.
  void finish(const Input& input, Effects& effects, Partial partial);
  MessageRef assemble(Effects& effects, const CmpctBlock& compact,
                      const std::vector<TxRef>& transactions) const;
  /// BIP 152: what cannot be put together is asked for in full, of the same peer.
  void ask_full(const Input& input, Effects& effects, Sequence item, const Hash128& id,
                NodeId from);
  /// The compact form of a content we spread; null if it has none.
  MessageRef compact_of(const Input& input, Effects& effects, Sequence sequence);
  MessageRef modelled_of(Effects& effects, Sequence sequence, std::uint32_t bytes);
  std::vector<std::uint32_t> prefilled_positions(Sequence sequence, const Payload& payload) const;
  /// Who has just delivered a block first is asked to push the next ones.
  void prefer(Effects& effects, NodeId peer);
  Partial* partial_of(Sequence item);
  enum Told : std::uint8_t { speaks, wants_push };  // what a peer has
  bool has(Told what, std::size_t position) const {
    return (words_of(what, position) >> (position % 64) & 1) != 0;
  }
  std::uint64_t words_of(Told what, std::size_t position) const {
    return position < 64 ? peers_[what] : rare_->peers[what][position / 64 - 1];
  }
  void widen();
  void set_told(Told what, std::size_t position, bool value);
  std::span<const NodeId> favourites() const {
    return rare_ ? std::span<const NodeId>(rare_->favourites) : std::span<const NodeId>();
  }
  const CompactSettings& own() const {
    return static_cast<const CompactSettings&>(relay::Relay::settings());
  }
  void drop_partial(Sequence item);

  // The newest compact block made here, as Bitcoin Core keeps one.
  Sequence latest_ = 0;
  Sequence came_of_ = 0;  // the newest modelled block, and the message that brought it
  std::uint32_t put_together_ = 0;
  std::uint32_t asked_for_more_ = 0;
  std::uint32_t fell_back_ = 0;
  bool speaks_;
  std::uint64_t peers_[2] = {};  // by Told: a bit for each of the first 64 neighbours
  MessageRef latest_message_;
  MessageRef came_;
  MessageRef answer_;  // to peers that say they speak it, until the first block
  std::unique_ptr<std::vector<Partial>> partials_;
  /// What few have.
  struct Rare {
    std::vector<std::uint64_t> peers[2];  // beyond 64
    std::vector<NodeId> favourites;       // asked to push, who delivered longest ago first
    Sequence lacked_of = 0;
    std::vector<std::uint32_t> lacked;  // what was missing of the newest block put together here
  };
  Rare& rare() {
    if (!rare_) rare_ = std::make_unique<Rare>();
    return *rare_;
  }
  std::unique_ptr<Rare> rare_;
};

}  // namespace ledgerlab::compact
