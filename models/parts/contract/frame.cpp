#include "models/parts/contract/frame.hpp"

#include <algorithm>
#include <limits>

#include "models/crypto/hash.hpp"
#include "models/parts/contract/abi.hpp"

namespace ledgerlab::contract {

namespace {

constexpr std::array<Byte, 4> magic = {0x00, 'L', 'L', 'C'};
constexpr std::size_t header_size = magic.size() + 4;

std::int64_t words(std::size_t bytes) { return static_cast<std::int64_t>((bytes + 31) / 32); }

}  // namespace

void AccessSet::begin(const ContractMessage&) { before_.push_back(writes_); }

void AccessSet::read(const Address& account, ByteView key, const std::optional<Bytes>& value) {
  const Key place{account, Bytes(key.begin(), key.end())};
  if (!writes_.contains(place)) reads_.emplace(place, value);
}

void AccessSet::write(const Address& account, ByteView key, ByteView value) {
  writes_[{account, Bytes(key.begin(), key.end())}] = Bytes(value.begin(), value.end());
}

void AccessSet::end(bool kept) {
  if (!kept) writes_ = std::move(before_.back());
  before_.pop_back();
}

Frame::Frame(ContractHost& host, const ContractMessage& message, const Limits& limits,
             AccessSink* accesses)
    : host_(host),
      message_(message),
      limits_(limits),
      accesses_(accesses),
      input_(message.input),
      gas_(message.gas) {}

bool Frame::creating() const {
  return message_.kind == CallKind::create || message_.kind == CallKind::create2;
}

bool Frame::charge(std::int64_t gas) {
  if (stopped()) return false;
  if (gas_ < gas) {
    gas_ = 0;
    stop(ContractStatus::out_of_gas, "out of gas");
    return false;
  }
  gas_ -= gas;
  return true;
}

bool Frame::charge_bytes(std::size_t bytes, std::int64_t per_word) {
  return charge(words(bytes) * per_word);
}

template <class Ask>
bool Frame::guarded(Ask ask) {
  try {
    ask();
    return true;
  } catch (...) {
    // It must not travel through a machine written in C; execute() passes it on.
    thrown_ = std::current_exception();
    stop(ContractStatus::contract_failure, "the host failed");
    return false;
  }
}

bool Frame::load(ByteView key, std::optional<Bytes>& value) {
  if (!charge(price::load) || !charge_bytes(key.size(), price::item_word)) return false;
  if (!guarded([&] { value = host_.item(message_.recipient, key); })) return false;
  if (accesses_ != nullptr) accesses_->read(message_.recipient, key, value);
  return charge_bytes(value ? value->size() : 0, price::item_word);
}

bool Frame::store(ByteView key, ByteView value) {
  if (stopped()) return false;
  if (message_.is_static) {
    stop(ContractStatus::static_violation, "a static call writes");
    return false;
  }
  if (!charge(price::store) || !charge_bytes(key.size() + value.size(), price::item_word)) {
    return false;
  }
  if (accesses_ != nullptr) accesses_->write(message_.recipient, key, value);
  return guarded([&] { host_.set_item(message_.recipient, key, value); });
}

bool Frame::balance(const Address& account, U256& value) {
  return charge(price::balance) && guarded([&] { value = host_.balance(account); });
}

bool Frame::log(ByteView data, std::span<const Hash256> topics) {
  if (stopped()) return false;
  if (message_.is_static) {
    stop(ContractStatus::static_violation, "a static call logs");
    return false;
  }
  return charge(price::log + static_cast<std::int64_t>(topics.size()) * price::log_topic +
                static_cast<std::int64_t>(data.size()) * price::log_byte) &&
         guarded([&] { host_.log(message_.recipient, data, topics); });
}

bool Frame::hash(ByteView data, Hash256& value) {
  if (!charge(price::hash) || !charge_bytes(data.size(), price::hash_word)) return false;
  value = keccak256(data);
  return true;
}

bool Frame::call(const Address& to, const U256& value, ByteView input, std::int64_t gas,
                 Answer& answer) {
  if (stopped()) return false;
  if (message_.is_static && !value.is_zero()) {
    stop(ContractStatus::static_violation, "a static call pays");
    return false;
  }
  answer = {};
  if (!charge(price::call + (value.is_zero() ? 0 : price::call_value)) ||
      !charge_bytes(input.size(), price::copy_word)) {
    return false;
  }
  if (message_.depth + 1 >= limits_.depth) return true;
  ContractMessage inner;
  inner.is_static = message_.is_static;
  inner.depth = message_.depth + 1;
  inner.gas = std::min(gas, gas_ - gas_ / 64);  // EIP-150
  inner.recipient = inner.code_address = to;
  inner.sender = message_.recipient;
  inner.value = value;
  inner.input = input;
  ContractResult result;
  bool asked = false;
  const bool fine = guarded([&] {
    if (!value.is_zero() && host_.balance(message_.recipient) < value) return;
    asked = true;
    result = host_.call(inner);
  });
  if (!fine) return false;
  if (!asked) return true;
  gas_ -= inner.gas - result.gas_left;
  answer.success = result.status == ContractStatus::success;
  if (answer.success) refund_ += result.gas_refund;
  answer.output = std::move(result.output);
  return charge_bytes(answer.output.size(), price::copy_word);
}

bool Frame::create(ByteView code, Address& created, std::string& reason) {
  if (stopped()) return false;
  if (message_.is_static) {
    stop(ContractStatus::static_violation, "a static call creates");
    return false;
  }
  if (!charge(price::create) || !charge_bytes(code.size(), price::copy_word)) return false;
  if (message_.depth + 1 >= limits_.depth) return false;
  ContractMessage inner;
  inner.kind = CallKind::create;
  inner.depth = message_.depth + 1;
  inner.gas = gas_ - gas_ / 64;  // EIP-150
  inner.sender = message_.recipient;
  inner.input = code;
  ContractResult result;
  if (!guarded([&] { result = host_.call(inner); })) return false;
  gas_ -= inner.gas - result.gas_left;
  if (result.status != ContractStatus::success) {
    reason = result.reason;
    return false;
  }
  refund_ += result.gas_refund;
  created = result.created;
  return true;
}

void Frame::stop(ContractStatus status, std::string reason) {
  if (stopped()) return;
  status_ = status;
  reason_ = std::move(reason);
}

void Frame::finish(Bytes output) {
  if (stopped() || finished_) return;
  finished_ = true;
  output_ = std::move(output);
}

void Frame::refuse(Bytes output, std::string reason) {
  if (stopped() || finished_) return;
  stop(ContractStatus::revert, std::move(reason));
  output_ = std::move(output);
}

void Frame::refuse(std::string_view reason) { refuse(abi_error(reason), std::string(reason)); }

ContractResult Frame::result() {
  if (thrown_) std::rethrow_exception(thrown_);
  ContractResult out;
  out.status = status_;
  out.reason = reason_;
  if (status_ == ContractStatus::success || status_ == ContractStatus::revert) {
    out.gas_left = gas_;
    out.output = std::move(output_);
  }
  if (status_ == ContractStatus::success) out.gas_refund = refund_;
  return out;
}

Bytes deployment(ByteView code, ByteView arguments) {
  Bytes out(magic.begin(), magic.end());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<Byte>(code.size() >> shift));
  }
  out.insert(out.end(), code.begin(), code.end());
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

std::optional<Deployment> read_deployment(ByteView bytes) {
  if (bytes.size() < header_size || !std::equal(magic.begin(), magic.end(), bytes.begin())) {
    return std::nullopt;
  }
  std::size_t size = 0;
  for (std::size_t i = magic.size(); i < header_size; ++i) size = size << 8 | bytes[i];
  bytes = bytes.subspan(header_size);
  if (size > bytes.size()) return std::nullopt;
  return Deployment{bytes.first(size), bytes.subspan(size)};
}

ContractResult CodeEngine::execute(ContractHost& host, Revision, const ContractMessage& message,
                                   const ContractCode& code) {
  Frame frame(host, message, limits_, accesses);
  if (accesses != nullptr) accesses->begin(message);
  const auto close = [&] {
    if (accesses != nullptr) accesses->end(!frame.stopped());
    return frame.result();
  };
  if (!frame.creating()) {
    if (frame.charge(limits_.frame_gas)) run(frame, code);
    return close();
  }
  const auto parts = read_deployment(code.bytes);
  if (!parts) {
    frame.stop(ContractStatus::code_refused, "not a deployment of code and arguments");
    return close();
  }
  ContractCode kept;
  kept.bytes.assign(parts->code.begin(), parts->code.end());
  kept.hash = keccak256(kept.bytes);
  frame.set_input(parts->arguments);
  if (frame.charge(limits_.frame_gas) && frame.charge_bytes(kept.bytes.size(), price::check_word)) {
    if (std::string why = check(kept); !why.empty()) {
      frame.stop(ContractStatus::code_refused, std::move(why));
    } else {
      run(frame, kept);
    }
  }
  ContractResult result = close();
  if (result.status == ContractStatus::success) result.output = std::move(kept.bytes);
  return result;
}

}  // namespace ledgerlab::contract
