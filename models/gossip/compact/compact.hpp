// Compact block relay (BIP 152) over the flood: a block goes out as its header and short ids of its
// transactions, the receiver puts it together from its own pool and asks for what is missing.
// Transactions travel by announcement and request as in the inventory relay. See README.md.
#pragma once

#include "models/gossip/compact/messages.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab::compact {

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

  void split_unaware(Sequence sequence, std::vector<NodeId>& push, std::vector<NodeId>& tell);
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
  void drop_partial(Sequence item);

  bool speaks_;
  bool share_;
  std::uint32_t favourites_max_;
  std::uint32_t modelled_failure_;  // in 10^9
  std::uint32_t modelled_missing_;  // likewise
  std::uint32_t modelled_bytes_;
  std::uint64_t prefill_bytes_;
  std::vector<std::uint8_t> peers_;  // by position: bits of what each has told
  std::vector<NodeId> favourites_;   // asked to push, who delivered longest ago first
  MessageRef answer_;                // to peers that say they speak it, until the first block
  std::vector<Partial> partials_;
  // The newest compact block made here, as Bitcoin Core keeps one; and what we lacked of it.
  Sequence latest_ = 0;
  MessageRef latest_message_;
  Sequence came_of_ = 0;  // the newest modelled block, and the message that brought it
  MessageRef came_;
  struct Lacked {
    Sequence of = 0;
    std::vector<std::uint32_t> positions;
  };
  std::unique_ptr<Lacked> lacked_;  // null: nothing
  std::uint64_t put_together_ = 0;
  std::uint64_t asked_for_more_ = 0;
  std::uint64_t fell_back_ = 0;
};

}  // namespace ledgerlab::compact
