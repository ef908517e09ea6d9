#include "models/client/light/light.hpp"

#include <algorithm>

#include "models/crypto/mpt.hpp"
#include "models/parts/ethereum/account.hpp"

namespace ledgerlab::client {
namespace {

constexpr TimerId timer_headers{4, 0};
constexpr TimerId timer_proof{5, 0};

std::vector<NodeId> sources_from(NodeId home, std::uint32_t replicas, std::uint64_t count) {
  std::vector<NodeId> out;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, replicas); ++i) {
    out.push_back(static_cast<NodeId>((home + i) % replicas));
  }
  return out;
}

}  // namespace

Light::Light(const ModuleContext& context)
    : OpenLoop(context),
      headers_(context.consensus_model->make_header_chain(context)),
      depth_(std::max(headers_->pace().depth,
                      static_cast<std::uint32_t>(context.params->count("confirmations")))),
      header_interval_(context.params->duration("header_interval")),
      proof_timeout_(context.params->duration("proof_timeout")),
      state_proofs_(context.params->flag("state_proofs") && context.ledger_model != nullptr &&
                    context.ledger_model->family == "account"),
      sources_(sources_from(home(), replicas(), context.params->count("sources"))) {
  if (header_interval_ == Duration::zero()) {
    header_interval_ = headers_->pace().interval / static_cast<std::int64_t>(2 * sources_.size());
  }
  header_interval_ = std::max(header_interval_, ms(1));
  // One liar must not talk it out of a transaction either.
  believe_refusals_of(replicas());
}

void Light::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::start) {
    for (const NodeId source : sources_) ask_headers(effects, source);
    effects.set_timer(timer_headers, header_interval_);
  }
  OpenLoop::step(input, effects);
}

void Light::on_other(const Input& input, Effects& effects) {
  if (input.kind == InputKind::timer) {
    if (input.timer == timer_headers) {
      // One source after the other, so that no single one can hide the heaviest chain for long.
      const NodeId source = sources_[next_source_++ % sources_.size()];
      ask_headers(effects, trusted(source) ? source : trusted_after(source));
      effects.set_timer(timer_headers, header_interval_);
    } else if (input.timer == timer_proof) {
      on_late(input, effects);
    }
  } else if (const auto* headers = input.message->as<chain::Headers>()) {
    header_bytes_ += input.message->wire_size();
    on_headers(input, effects, *headers);
  } else if (const auto* inclusion = input.message->as<chain::Inclusion>()) {
    proof_bytes_ += input.message->wire_size();
    on_inclusion(input, effects, *inclusion);
  } else if (const auto* account = input.message->as<chain::AccountProof>()) {
    proof_bytes_ += input.message->wire_size();
    on_account(input, effects, *account);
  }
}

// --- headers -------------------------------------------------------------------------------------

void Light::ask_headers(Effects& effects, NodeId server, const std::optional<chain::Place>& after) {
  chain::GetHeaders get{headers_->locator(), {}};
  if (after) {
    if (get.locator.size() == chain::locator_max) get.locator.pop_back();
    get.locator.insert(get.locator.begin(), *after);
  }
  const MessageRef question(new MessageOf<chain::GetHeaders>(std::move(get)));
  effects.send(server, effects.seal(question, Slot::consensus));
}

void Light::on_headers(const Input& input, Effects& effects, const chain::Headers& headers) {
  if (!trusted(input.from)) return;
  const BlockId before = headers_->tip().place.id;
  const chain::Place newest = headers_->newest();
  for (const Bytes& header : headers.list) {
    const std::string wrong = headers_->add(header, input.wall, effects);
    if (wrong.empty()) continue;
    if (wrong != chain::unknown_parent) distrust(effects, input.from, wrong.c_str());
    break;
  }
  // On after the last that was new, be its branch the heaviest yet or not.
  const chain::Place last = headers_->newest();
  if (headers.more && last.id != newest.id && trusted(input.from)) {
    ask_headers(effects, input.from, last);
  }
  if (headers_->tip().place.id == before) return;
  review_all(input, effects);
}

std::optional<chain::HeaderChain::Entry> Light::header(const chain::Place& place) const {
  auto entry = headers_->at(place.height);
  if (entry && entry->place.id != place.id) entry.reset();
  return entry;
}

chain::Place Light::settled() const {
  const Height tip = headers_->tip().place.height;
  return headers_->at(tip + 1 > depth_ ? tip + 1 - depth_ : 0)->place;
}

// --- inclusion -----------------------------------------------------------------------------------

/// A reply is no more than a hint at the block to be shown.
void Light::on_final(const Input& input, Effects& effects, const Reply& reply) {
  if (!open(reply.transaction) || !trusted(input.from)) return;
  Claim& claim = claims_[reply.transaction];
  if (claim.stage != Claim::Stage::idle) return;
  claim.server = input.from;
  claim.place = {reply.height, reply.block};
  ask_inclusion(input, effects, reply.transaction, claim);
}

void Light::ask_inclusion(const Input& input, Effects& effects, const TxId& id, Claim& claim) {
  claim.stage = Claim::Stage::branch;
  effects.send(claim.server, chain::GetInclusion{id, claim.place});
  wait(input, effects, id, claim);
}

void Light::wait(const Input& input, Effects& effects, const TxId& id, Claim& claim) {
  ++claim.asked;
  if (waits_.empty()) effects.set_timer(timer_proof, proof_timeout_);
  waits_.push_back({input.local + proof_timeout_, id, claim.asked});
}

void Light::on_late(const Input& input, Effects& effects) {
  while (!waits_.empty() && waits_.front().until <= input.local) {
    const Wait late = waits_.front();
    waits_.pop_front();
    const auto it = claims_.find(late.id);
    if (it == claims_.end() || it->second.asked != late.asked) continue;
    if (!open(late.id)) {  // given up meanwhile
      claims_.erase(it);
      continue;
    }
    const Claim::Stage stage = it->second.stage;
    if (stage == Claim::Stage::branch || stage == Claim::Stage::account) {
      // Not a lie, but neither the one to ask first from now on.
      turn_away(it->second.server, trusted_after(it->second.server));
      elsewhere(input, effects, it->first, it->second);
    }
  }
  if (waits_.empty()) return;
  effects.set_timer(timer_proof, waits_.front().until - input.local);
}

void Light::on_inclusion(const Input& input, Effects& effects, const chain::Inclusion& inclusion) {
  const auto it = claims_.find(inclusion.transaction);
  if (it == claims_.end()) return;
  Claim& claim = it->second;
  if (claim.stage != Claim::Stage::branch || claim.server != input.from) return;
  if (!open(inclusion.transaction)) {
    claims_.erase(it);
  } else if (!inclusion.found) {
    elsewhere(input, effects, inclusion.transaction, claim);
  } else if (!headers_->contains(inclusion.place.id)) {
    claim.early = inclusion;
    ask_headers(effects, input.from);
  } else {
    judge(input, effects, inclusion.transaction, claim, inclusion);
  }
}

void Light::judge(const Input& input, Effects& effects, const TxId& id, Claim& claim,
                  const chain::Inclusion& inclusion) {
  claim.early.reset();
  const auto block = header(inclusion.place);
  // On a lighter branch: this may be all that the server knows, and proves nothing to us.
  if (!block) return elsewhere(input, effects, id, claim);
  effects.work(Operation::hash_byte, 65 * inclusion.branch.size());
  if (!merkle_verify_inclusion(inclusion.index, inclusion.size, id, inclusion.branch,
                               block->payload_root)) {
    distrust(effects, claim.server, "a Merkle branch that does not lead to its header");
    return elsewhere(input, effects, id, claim);
  }
  ++shown_;
  claim.stage = Claim::Stage::confirmed;
  claim.place = inclusion.place;
  review(input, effects, id, claim);
}

void Light::review(const Input& input, Effects& effects, const TxId& id, Claim& claim) {
  if (!header(claim.place)) {
    // Its block has left the heaviest chain; where it is now, if anywhere, has to be shown anew.
    return elsewhere(input, effects, id, claim);
  }
  if (settled().height < claim.place.height) return;
  if (!state_proofs_) return done(input, effects, id, claim, TxOutcome::succeeded);
  ask_account(input, effects, id, claim);
}

void Light::review_all(const Input& input, Effects& effects) {
  for (auto it = claims_.begin(); it != claims_.end();) {
    const auto& [id, claim] = *it;
    if (!open(id)) {
      it = claims_.erase(it);
      continue;
    }
    ++it;  // what follows may erase the claim
    Claim& changed = claims_.at(id);
    if (changed.early) {
      if (headers_->contains(changed.early->place.id)) {
        const chain::Inclusion early = *changed.early;
        judge(input, effects, early.transaction, changed, early);
      }
    } else if (changed.stage == Claim::Stage::confirmed) {
      review(input, effects, TxId(id), changed);
    } else if (changed.early_account) {
      const chain::AccountProof early = *changed.early_account;
      judge(input, effects, TxId(id), changed, early);
    }
  }
}

// --- the payer's account -------------------------------------------------------------------------

void Light::ask_account(const Input& input, Effects& effects, const TxId& id, Claim& claim) {
  claim.stage = Claim::Stage::account;
  claim.early_account.reset();
  const Address payer = effects.crypto().account(open(id)->payer);
  effects.send(claim.server, chain::GetAccount{payer, settled()});
  wait(input, effects, id, claim);
}

void Light::on_account(const Input& input, Effects& effects, const chain::AccountProof& proof) {
  // The first that waits for this account from this server: others have their own answer coming.
  for (auto& [id, claim] : claims_) {
    if (claim.stage != Claim::Stage::account || claim.server != input.from) continue;
    const Wallet::Slip* slip = open(id);
    if (claim.early_account || !slip || effects.crypto().account(slip->payer) != proof.account) {
      continue;
    }
    const TxId found = id;
    if (!proof.known) return elsewhere(input, effects, found, claim);
    return judge(input, effects, found, claim, proof);
  }
}

void Light::judge(const Input& input, Effects& effects, const TxId& id, Claim& claim,
                  const chain::AccountProof& proof) {
  const auto block = header(proof.place);
  if (!block || proof.place.height > settled().height) {
    // Settled there and not yet here, or of another branch: headers will tell which.
    claim.early_account = proof;
    if (!headers_->contains(proof.place.id)) ask_headers(effects, claim.server);
    return;
  }
  claim.early_account.reset();
  if (!header(claim.place) || proof.place.height < claim.place.height) {
    return elsewhere(input, effects, id, claim);
  }
  std::size_t bytes = 0;
  for (const Bytes& node : proof.nodes) bytes += node.size();
  effects.work(Operation::hash_byte, bytes);
  const TrieProofResult shown =
      verify_secure_trie_proof(block->state_root, proof.account.view(), proof.nodes);
  const auto account = shown.verdict == TrieVerdict::included
                           ? ethereum::decode_account(shown.value)
                           : std::optional<ethereum::Account>(ethereum::Account{});
  if (shown.verdict == TrieVerdict::invalid || !account) {
    distrust(effects, claim.server, "a trie proof that does not lead to its header");
    return elsewhere(input, effects, id, claim);
  }
  // A transaction may stand in a block without effect: then its nonce is still unused.
  const bool used = account->nonce > open(id)->number;
  done(input, effects, id, claim, used ? TxOutcome::succeeded : TxOutcome::no_effect);
}

// --- whom to ask ---------------------------------------------------------------------------------

void Light::done(const Input& input, Effects& effects, const TxId& id, const Claim& claim,
                 TxOutcome outcome) {
  const TxId gone = id;
  conclude(input, effects, gone, claim.place.height, outcome);
  claims_.erase(gone);
}

void Light::elsewhere(const Input& input, Effects& effects, const TxId& id, Claim& claim) {
  claim.early.reset();
  claim.early_account.reset();
  claim.server = trusted_after(claim.server);
  ++claim.asked;
  // Once round; after that the next header, or the load's own repetition, begins anew.
  const bool again = ++claim.moved < replicas();
  if (!again) claim.moved = 0;
  if (claim.stage == Claim::Stage::account && header(claim.place)) {
    if (again) return ask_account(input, effects, id, claim);
    claim.stage = Claim::Stage::confirmed;
    return;
  }
  claim.stage = Claim::Stage::idle;
  // Who has it in a final block says where; who has not takes it up.
  if (again) ask_of(input, effects, id, claim.server);
}

void Light::distrust(Effects& effects, NodeId server, const char* why) {
  effects.note("replica " + std::to_string(server) + " is not asked any more: " + why);
  ++caught_;
  distrusted_.insert(server);
  // With nobody left, all get another chance.
  if (distrusted_.size() == replicas()) distrusted_.clear();
  turn_away(server, trusted_after(server));
}

NodeId Light::trusted_after(NodeId server) const {
  for (NodeId next = after(server); next != server; next = after(next)) {
    if (trusted(next)) return next;
  }
  return server;
}

void Light::inspect(Inspector& inspector) const {
  OpenLoop::inspect(inspector);
  inspector.field("headers", headers_->tip().place.height);
  inspector.field("header_bytes", header_bytes_);
  inspector.field("proof_bytes", proof_bytes_);
  inspector.field("shown", shown_);
  inspector.field("caught", caught_);
  inspector.field("distrusted", distrusted_.size());
}

}  // namespace ledgerlab::client
