// A light client of a chained protocol (Nakamoto 2008, section 8: simplified payment verification).
// It offers its load as every client does and believes no reply. It keeps the headers of the chain,
// asked of several replicas and verified by the protocol's rules, follows the heaviest, and counts
// a transaction as done once a Merkle branch leads from it to a header of that chain that has the
// confirmations of a settled block; on a ledger of accounts also once a trie proof under the root
// of such a header shows that the payer's nonce was used.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "models/parts/chain/header_chain.hpp"
#include "models/parts/chain/light_messages.hpp"
#include "models/parts/chain/sync_messages.hpp"
#include "models/parts/client/open_loop.hpp"

namespace ledgerlab::client {

class Light final : public OpenLoop {
 public:
  explicit Light(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void inspect(Inspector& inspector) const override;

 private:
  /// What is known of the fate of an open transaction.
  struct Claim {
    enum class Stage : std::uint8_t {
      idle,       // nobody says that it is final, or nobody could show it
      branch,     // the Merkle branch is asked for
      confirmed,  // shown to be in the block of `place`; waits for headers on top of it
      account     // the payer's account is asked for
    };
    Stage stage = Stage::idle;
    NodeId server = no_node;  // whom proofs are asked of
    chain::Place place;       // of its block
    std::uint32_t asked = 0;  // questions so far; an older wait does not count
    std::uint32_t moved = 0;  // from server to server since the load's last question
    /// Answers about blocks whose headers have not come yet, or are not deep enough.
    std::optional<chain::Inclusion> early;
    std::optional<chain::AccountProof> early_account;
  };
  struct Wait {
    Time until;
    TxId id;
    std::uint32_t asked;
  };
  using Claims = std::map<TxId, Claim>;

  void on_final(const Input& input, Effects& effects, const Reply& reply) override;
  void on_other(const Input& input, Effects& effects) override;

  /// After the heaviest chain known; `after` says from where else.
  void ask_headers(Effects& effects, NodeId server,
                   const std::optional<chain::Place>& after = std::nullopt);
  void on_headers(const Input& input, Effects& effects, const chain::Headers& headers);
  void on_inclusion(const Input& input, Effects& effects, const chain::Inclusion& inclusion);
  void on_account(const Input& input, Effects& effects, const chain::AccountProof& proof);
  void on_late(const Input& input, Effects& effects);

  void ask_inclusion(const Input& input, Effects& effects, const TxId& id, Claim& claim);
  void ask_account(const Input& input, Effects& effects, const TxId& id, Claim& claim);
  void wait(const Input& input, Effects& effects, const TxId& id, Claim& claim);
  /// These take what was answered as far as the headers go.
  void judge(const Input& input, Effects& effects, const TxId& id, Claim& claim,
             const chain::Inclusion& inclusion);
  void judge(const Input& input, Effects& effects, const TxId& id, Claim& claim,
             const chain::AccountProof& proof);
  void review(const Input& input, Effects& effects, const TxId& id, Claim& claim);
  void review_all(const Input& input, Effects& effects);
  void done(const Input& input, Effects& effects, const TxId& id, const Claim& claim,
            TxOutcome outcome);

  /// Who was asked could not or would not show it.
  void elsewhere(const Input& input, Effects& effects, const TxId& id, Claim& claim);
  void distrust(Effects& effects, NodeId server, const char* why);
  bool trusted(NodeId server) const { return !distrusted_.contains(server); }
  NodeId trusted_after(NodeId server) const;
  /// The header at this place of the heaviest chain; nothing if another one is there, or none.
  std::optional<chain::HeaderChain::Entry> header(const chain::Place& place) const;
  /// The highest one that is deep enough.
  chain::Place settled() const;

  std::unique_ptr<chain::HeaderChain> headers_;
  std::uint32_t depth_;
  Duration header_interval_;
  Duration proof_timeout_;
  bool state_proofs_;
  std::vector<NodeId> sources_;  // of headers: its own replica and those after it
  std::size_t next_source_ = 0;
  std::set<NodeId> distrusted_;

  Claims claims_;
  std::deque<Wait> waits_;  // of one constant time

  std::uint64_t header_bytes_ = 0;
  std::uint64_t proof_bytes_ = 0;
  std::uint64_t shown_ = 0;
  std::uint64_t caught_ = 0;
};

}  // namespace ledgerlab::client
