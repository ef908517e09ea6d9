// The chronicle: one fold over counted events that keeps what checkers and metrics need, in O(1) an
// event and without caring in which order the nodes' events come (DESIGN 14, point 8). Everything
// that compares nodes is judged afterwards, by timestamps.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "models/api/block.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab {

/// Dense number of a block or transaction in the chronicle, in order of first mention.
using RowIndex = std::uint32_t;
inline constexpr RowIndex no_row = std::numeric_limits<RowIndex>::max();

/// An instant at a node: what "first" means between nodes.
struct Moment {
  Time at = time_never;
  NodeId node = no_node;
  friend auto operator<=>(const Moment&, const Moment&) = default;
};

class Chronicle final : public Sink {
 public:
  enum class TxState : std::uint8_t { open, acknowledged, given_up };
  struct TxRow {
    std::uint64_t tag = 0;
    Time due{};  // open loop: from here its age counts
    Time submitted{};
    Time closed = time_never;  // acknowledged or given up
    Height height = 0;         // where its client was told it is
    NodeId client = no_node;
    TxState state = TxState::open;
    bool admitted = false;  // some replica's admission check said yes
    /// Execute-order-validate: an envelope is one attempt at the request of this row. It is no
    /// request itself, and its acknowledgement is the request's.
    RowIndex request = no_row;
    bool enveloped = false;  // a request that had an attempt
    bool counts() const { return request == no_row; }
  };
  struct BlockEntry {
    std::uint64_t tag = 0;
    BlockRef block;          // null while only answers have named it
    Moment made;             // first head of a correct node
    Moment mined;            // first head anywhere: its producer's
    Moment final;            // first final anywhere
    std::uint64_t root = 0;  // of the state after it, as first answered
    Moment root_from;
    Moment other_root;  // a node that answered another one
  };
  /// A head that does not follow on the node's previous one.
  struct HeadChange {
    Moment moment;
    RowIndex from = no_row;  // none: first head of this life
    RowIndex to = no_row;
    RowIndex settled = no_row;  // the node's last final block just then
  };
  struct Life {
    Moment moment;
    bool up = false;
  };
  struct FaultMark {
    Moment moment;
    std::uint16_t kind = 0;   // FaultKind
    std::uint64_t index = 0;  // in the plan's list
    bool begin = false;
  };
  struct Leadership {
    Moment moment;
    std::uint64_t term = 0;
    NodeId leader = no_node;
  };
  /// A client's read of an account.
  struct Read {
    Moment asked;
    Time due{};
    Time done = time_never;
    Height height = 0;  // of the state it was answered from
  };
  /// Opening (+1) or closing (-1) of a request, as it came: the second set of books.
  struct Turn {
    Time at;
    std::int32_t change;
  };
  /// A closing that fits no open transaction.
  struct Stray {
    Moment moment;
    std::uint64_t tag = 0;
    EventType type = EventType::note;
    bool known = false;  // was submitted, but is closed already
  };

  /// What Byzantine nodes announce and answer is not heard: no promise is about them. `envelopes`:
  /// what is ordered wraps what was offered (execute-order-validate).
  explicit Chronicle(std::uint32_t nodes, std::span<const NodeId> byzantine = {},
                     bool envelopes = false)
      : heads_(nodes, no_row),
        finals_(nodes, no_row),
        byzantine_(nodes, false),
        envelopes_(envelopes) {
    for (const NodeId node : byzantine) byzantine_[node] = true;
  }

  std::uint32_t interest() const override;
  void on_event(const Event& event) override;

  const std::vector<TxRow>& transactions() const { return transactions_; }
  bool envelopes() const { return envelopes_; }
  const std::vector<BlockEntry>& blocks() const { return blocks_; }
  const std::vector<HeadChange>& head_changes() const { return head_changes_; }
  const std::vector<Life>& lives() const { return lives_; }
  const std::vector<FaultMark>& faults() const { return faults_; }
  const std::vector<Leadership>& leaderships() const { return leaderships_; }
  const std::vector<Turn>& turns() const { return turns_; }
  const std::vector<Read>& reads() const { return reads_; }
  const std::vector<Stray>& strays() const { return strays_; }
  RowIndex find_transaction(std::uint64_t tag) const;
  RowIndex find_block(std::uint64_t tag) const;

 private:
  RowIndex block_row(std::uint64_t tag);
  RowIndex block_row(const Event& event);
  void on_head(const Event& event);
  void on_submit(const Event& event);
  void on_close(const Event& event, TxState state);
  void on_answer(const Event& event);
  RowIndex request_of(const Event& event) const;
  void admit(TxRow& row);

  std::vector<TxRow> transactions_;
  std::unordered_map<std::uint64_t, RowIndex> transaction_index_;  // lookup only
  std::vector<BlockEntry> blocks_;
  std::unordered_map<std::uint64_t, RowIndex> block_index_;  // lookup only
  RowIndex last_block_ = no_row;  // most events of an instant name the same block
  std::vector<RowIndex> heads_;   // by node, in this life
  std::vector<RowIndex> finals_;
  std::vector<bool> byzantine_;
  bool envelopes_;
  std::vector<HeadChange> head_changes_;
  std::vector<Life> lives_;
  std::vector<FaultMark> faults_;
  std::vector<Leadership> leaderships_;
  std::vector<Turn> turns_;
  std::vector<Read> reads_;
  std::map<std::pair<NodeId, std::uint64_t>, std::size_t> open_reads_;  // by client and its number
  std::vector<Stray> strays_;
  /// Tags lately admitted somewhere: every replica checks every transaction it hears of.
  std::array<std::uint64_t, 4096> admitted_lately_{};
  /// Admitted before its submission was seen (a node may run ahead): kept for later.
  std::unordered_map<std::uint64_t, bool> admitted_early_;
};

}  // namespace ledgerlab
