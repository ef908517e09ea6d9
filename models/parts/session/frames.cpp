#include "models/parts/session/frames.hpp"

namespace ledgerlab::session {
namespace {

void put(std::span<Byte> out, std::uint64_t value) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Byte>(value >> (8 * i));
}

Hash256 moved_on(const Hash256& key, Primitives& primitives) {
  return primitives.expand(key, "rekey");
}

}  // namespace

AeadNonce nonce_of(std::uint64_t sequence) {
  AeadNonce nonce;
  put(std::span(nonce.data).last(8), sequence);
  return nonce;
}

std::array<Byte, 12> associated_of(std::uint32_t session, std::uint64_t sequence) {
  std::array<Byte, 12> text;
  put(std::span(text).first(4), session);
  put(std::span(text).last(8), sequence);
  return text;
}

std::uint64_t SendKeys::next(Primitives& primitives) {
  if (next_ != 0 && next_ % rekey_ == 0) key_ = moved_on(key_, primitives);
  return next_++;
}

Fault ReceiveKeys::judge(std::uint64_t sequence) const {
  if (sequence < end_) {
    const bool old = order_ == Order::strict || end_ - sequence > window || seen(sequence);
    // Of the window's far end the key may be gone.
    return old || sequence / rekey_ + 1 < epoch_ ? Fault::replayed : Fault::none;
  }
  if (order_ == Order::strict && sequence > end_) return Fault::gap;
  return sequence / rekey_ > epoch_ + epochs_ahead ? Fault::far_ahead : Fault::none;
}

std::variant<Fault, Hash256> ReceiveKeys::key_for(std::uint64_t sequence,
                                                  Primitives& primitives) const {
  if (const Fault fault = judge(sequence); fault != Fault::none) return fault;
  const std::uint64_t epoch = sequence / rekey_;
  if (epoch < epoch_) return before_ ? std::variant<Fault, Hash256>(*before_) : Fault::replayed;
  Hash256 key = key_;
  for (std::uint64_t e = epoch_; e < epoch; ++e) key = moved_on(key, primitives);
  return key;
}

void ReceiveKeys::accept(std::uint64_t sequence, Primitives& primitives) {
  for (; epoch_ < sequence / rekey_; ++epoch_) {
    before_ = key_;
    key_ = moved_on(key_, primitives);
  }
  if (sequence >= end_) {
    // Numbers that enter the window have not been seen.
    const std::uint64_t from = std::max(end_, sequence + 1 - std::min(sequence + 1, window));
    for (std::uint64_t s = from; s <= sequence; ++s) {
      seen_[s / 64 % seen_.size()] &= ~(std::uint64_t{1} << (s % 64));
    }
    end_ = sequence + 1;
  }
  seen_[sequence / 64 % seen_.size()] |= std::uint64_t{1} << (sequence % 64);
}

Channel::Channel(const SessionKeys& keys, bool initiator, Order order, std::uint64_t rekey)
    : id_(keys.id),
      send_(initiator ? keys.to_responder : keys.to_initiator, rekey),
      receive_(initiator ? keys.to_initiator : keys.to_responder, order, rekey) {}

Bytes Channel::seal(ByteView plain, Primitives& primitives, bool last) {
  Bytes text(1, last ? 1 : 0);
  text.insert(text.end(), plain.begin(), plain.end());
  const std::uint64_t sequence = send_.next(primitives);
  const Bytes sealed = primitives.seal(send_.key(), nonce_of(sequence),
                                       associated_of(id_, sequence), text);
  Bytes out(8);
  put(out, sequence);
  out.insert(out.end(), sealed.begin(), sealed.end());
  return out;
}

std::variant<Fault, Bytes> Channel::open(ByteView frame, Primitives& primitives) {
  if (ended_) return Fault::closed;
  if (frame.size() < overhead) return Fault::malformed;
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < 8; ++i) sequence |= std::uint64_t{frame[i]} << (8 * i);
  const auto key = receive_.key_for(sequence, primitives);
  if (const Fault* fault = std::get_if<Fault>(&key)) return *fault;
  auto text = primitives.open(std::get<Hash256>(key), nonce_of(sequence),
                              associated_of(id_, sequence), frame.subspan(8));
  if (!text) return Fault::forged;
  if (text->front() > 1) return Fault::malformed;
  receive_.accept(sequence, primitives);
  ended_ = text->front() == 1;
  text->erase(text->begin());
  return std::move(*text);
}

}  // namespace ledgerlab::session
