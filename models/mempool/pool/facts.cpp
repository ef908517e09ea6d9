#include "models/mempool/pool/facts.hpp"

namespace ledgerlab::pool {

std::shared_ptr<Catalogue> Catalogue::of(const CryptoSuite* suite) {
  // The nodes of a world are made one after another; the suite lasts as long as they do.
  static thread_local const CryptoSuite* whose = nullptr;
  static thread_local std::weak_ptr<Catalogue> last;
  std::shared_ptr<Catalogue> found = last.lock();
  if (!found || !suite || whose != suite) {
    found = std::make_shared<Catalogue>();
    whose = suite;
    last = found;
  }
  return found;
}

const Facts* Catalogue::find(const TxId& id) {
  if (last_ && last_->tx->id == id) return last_;
  Facts* const found = transactions_.find(id);
  if (found) last_ = found;
  return found;
}

const SenderFacts* Catalogue::find(const Address& address) {
  if (last_sender_ && last_sender_->address == address) return last_sender_;
  SenderFacts* const found = senders_.find(address);
  if (found) last_sender_ = found;
  return found;
}

const Facts* Catalogue::hold(const TxRef& tx) {
  Facts* facts = own(find(tx->id));
  if (!facts) {
    facts = transactions_.try_emplace(tx->id).first;
    facts->tx = tx;
    facts->shared = facts;
    facts->number = next_;
    next_ += 2;
    last_ = facts;
  }
  ++facts->references;
  return replace(facts, tx);
}

void Catalogue::let_go(const Facts* facts) {
  Facts* shared = facts->shared;
  if (facts != shared) {
    let_go(facts->sender);
    delete facts;
  }
  if (--shared->references != 0) return;
  let_go(shared->sender);
  if (last_ == shared) last_ = nullptr;
  const TxId id = shared->tx->id;
  transactions_.erase(id);
}

Facts* Catalogue::apart(Facts* facts) {
  if (facts != facts->shared || facts->references == 1) return facts;
  auto* copy = new Facts(*facts);
  copy->references = 1;
  if (copy->sender) ++copy->sender->references;
  return copy;
}

const Facts* Catalogue::learn(const Facts* facts, const Address& sender, std::uint64_t nonce,
                              std::uint64_t fee, std::uint64_t weight) {
  if (facts->says(sender, nonce, fee, weight)) return facts;
  Facts* const to = facts->sender ? apart(own(facts)) : own(facts);
  SenderFacts* const before = to->sender;
  to->sender = hold_sender(sender, *to->shared);
  let_go(before);
  to->nonce = nonce;
  to->fee = fee;
  to->weight = weight;
  return to;
}

const Facts* Catalogue::replace(const Facts* facts, const TxRef& tx) {
  if (facts->tx == tx || facts->tx->bytes == tx->bytes) return facts;
  Facts* const to = apart(own(facts));
  to->tx = tx;
  return to;
}

SenderFacts* Catalogue::hold_sender(const Address& address, Facts& shared) {
  SenderFacts* sender = const_cast<SenderFacts*>(find(address));
  if (!sender) {
    sender = senders_.try_emplace(address).first;
    sender->address = address;
    // The one beside the transaction's: a pool looks for both in one cache line.
    sender->number =
        (std::exchange(shared.named, true) ? std::exchange(next_, next_ + 2) : shared.number) + 1;
    last_sender_ = sender;
  }
  ++sender->references;
  return sender;
}

void Catalogue::let_go(SenderFacts* sender) {
  if (!sender || --sender->references != 0) return;
  if (last_sender_ == sender) last_sender_ = nullptr;
  const Address address = sender->address;
  senders_.erase(address);
}

}  // namespace ledgerlab::pool
