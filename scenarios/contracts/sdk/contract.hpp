// Contracts in C++ as processes, by protocol version 1 (docs/contracts.md): numbers of 256 bits,
// what a contract may ask of its ledger, and the table of its methods. One header that needs
// nothing but a C++17 compiler: a contract is not part of ledgerlab, only speaks to it.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace contract {

/// Byte strings are std::string: keys, values, messages.
using Bytes = std::string;

/// A refusal: everything is undone, gas left is given back, the caller gets the text.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline void require(bool fine, const char* reason) {
  if (!fine) throw Refused(reason);
}

/// 256 bits, unsigned; sums and differences that do not fit are refused.
class Word {
 public:
  constexpr Word(std::uint64_t value = 0) : limbs_{value, 0, 0, 0} {}  // least significant first
  static constexpr Word max() {
    Word out;
    for (auto& limb : out.limbs_) limb = ~std::uint64_t{0};
    return out;
  }
  /// Of at most 32 bytes, most significant first.
  static Word of(const Bytes& bytes) {
    Word out;
    for (std::size_t i = 0; i < bytes.size() && i < 32; ++i) {
      const std::size_t place = bytes.size() - 1 - i;
      out.limbs_[i / 8] |= std::uint64_t{static_cast<unsigned char>(bytes[place])} << i % 8 * 8;
    }
    return out;
  }
  Bytes bytes() const {
    Bytes out(32, '\0');
    for (std::size_t i = 0; i < 32; ++i) {
      out[31 - i] = static_cast<char>(limbs_[i / 8] >> i % 8 * 8);
    }
    return out;
  }
  /// Without leading zeros: as numbers are kept.
  Bytes minimal() const {
    const Bytes all = bytes();
    const std::size_t first = all.find_first_not_of('\0');
    return first == Bytes::npos ? Bytes() : all.substr(first);
  }
  std::uint64_t low() const { return limbs_[0]; }

  friend bool operator==(const Word& a, const Word& b) { return a.limbs_ == b.limbs_; }
  friend bool operator!=(const Word& a, const Word& b) { return !(a == b); }
  friend bool operator<(const Word& a, const Word& b) {
    for (std::size_t i = 4; i-- > 0;) {
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i];
    }
    return false;
  }
  friend bool operator>=(const Word& a, const Word& b) { return !(a < b); }
  friend Word operator+(const Word& a, const Word& b) {
    Word out;
    bool carry = false;
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t sum = 0;
      const bool over = __builtin_add_overflow(a.limbs_[i], b.limbs_[i], &sum);
      const bool again = __builtin_add_overflow(sum, std::uint64_t{carry}, &out.limbs_[i]);
      carry = over || again;
    }
    require(!carry, "arithmetic overflow");
    return out;
  }
  friend Word operator-(const Word& a, const Word& b) {
    Word out;
    bool borrow = false;
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t rest = 0;
      const bool under = __builtin_sub_overflow(a.limbs_[i], b.limbs_[i], &rest);
      const bool again = __builtin_sub_overflow(rest, std::uint64_t{borrow}, &out.limbs_[i]);
      borrow = under || again;
    }
    require(!borrow, "arithmetic overflow");
    return out;
  }

 private:
  std::array<std::uint64_t, 4> limbs_;
};

namespace wire {

inline Bytes number(std::uint64_t value, int size) {
  Bytes out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> 8 * i));
  return out;
}
inline std::uint64_t number(const Bytes& bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}
inline Bytes text(const Bytes& bytes) { return number(bytes.size(), 4) + bytes; }

/// The engine is gone: so is this process.
inline void send(const Bytes& message) {
  const Bytes frame = text(message);
  for (std::size_t done = 0; done < frame.size();) {
    const ssize_t now = write(0, frame.data() + done, frame.size() - done);
    if (now <= 0) std::_Exit(0);
    done += static_cast<std::size_t>(now);
  }
}
inline Bytes exactly(std::size_t size) {
  Bytes out(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t now = read(0, &out[done], size - done);
    if (now <= 0) std::_Exit(0);
    done += static_cast<std::size_t>(now);
  }
  return out;
}
inline Bytes receive() { return exactly(static_cast<std::size_t>(number(exactly(4), 0, 4))); }

struct Answer {
  bool flag = false;
  Bytes value;
};
inline Answer ask(const Bytes& request) {
  send(request);
  const Bytes answer = receive();  // 'A', flag, bytes
  return {answer[1] == 1, answer.substr(6)};
}

}  // namespace wire

// What the ledger answers.
inline Bytes get(const Bytes& key) { return wire::ask("G" + wire::text(key)).value; }
inline Word get_number(const Bytes& key) { return Word::of(get(key)); }
inline void set(const Bytes& key, const Bytes& value) {
  wire::ask("S" + wire::text(key) + wire::text(value));
}
inline void set(const Bytes& key, const Word& value) { set(key, value.minimal()); }
inline Word balance(const Bytes& account) { return Word::of(wire::ask("B" + account).value); }
inline Bytes keccak(const Bytes& data) { return wire::ask("H" + wire::text(data)).value; }
/// True if the call succeeded.
inline bool call(const Bytes& to, const Word& value, const Bytes& input = {}) {
  const Bytes gas = wire::number(INT64_MAX, 8);
  return wire::ask("C" + to + value.bytes() + gas + wire::text(input)).flag;
}
/// A word of the ABI: an account is filled up from the left.
inline Bytes padded(const Bytes& value) { return Bytes(32 - value.size(), '\0') + value; }
/// The first `indexed` of the values (accounts or 32 bytes each) are topics, the others data.
inline void emit(const Bytes& signature, std::size_t indexed, const std::vector<Bytes>& values) {
  Bytes topics = keccak(signature), data;
  for (std::size_t i = 0; i < values.size(); ++i)
    (i < indexed ? topics : data) += padded(values[i]);
  wire::ask("L" + wire::number(indexed + 1, 1) + topics + wire::text(data));
}

/// The frame that runs.
struct Message {
  bool is_static = false;
  std::uint64_t depth = 0;
  Bytes sender, self, origin;  // 20 bytes each
  Word value;
  std::uint64_t gas = 0, block_number = 0, timestamp = 0;
};
inline Message msg;

/// Arguments of a call as words; accounts are the last 20 bytes of theirs.
class Arguments {
 public:
  explicit Arguments(Bytes data) : data_(std::move(data)) {}
  Bytes word(std::size_t at) const { return data_.substr(32 * at, 32); }
  Bytes account(std::size_t at) const { return data_.substr(32 * at + 12, 20); }
  Word number(std::size_t at) const { return Word::of(word(at)); }

 private:
  Bytes data_;
};

/// Gives the words that the call returns; nothing: no output.
using Method = std::function<std::vector<Bytes>(const Arguments&)>;

/// Serves frames until the engine closes the connection. Names are signatures as the ABI writes
/// them, "payable " before those that take value, "constructor(...)" as in Solidity.
inline void serve(const std::vector<std::pair<Bytes, Method>>& methods) {
  Bytes ready = "V" + wire::number(1, 1) + wire::number(methods.size(), 4);
  for (const auto& method : methods) ready += wire::text(method.first);
  wire::send(ready);
  while (true) {
    const Bytes body = wire::receive();
    msg.is_static = body[1] == 1;
    msg.depth = wire::number(body, 2, 4);
    msg.sender = body.substr(6, 20);
    msg.self = body.substr(26, 20);
    msg.origin = body.substr(46, 20);
    msg.value = Word::of(body.substr(66, 32));
    msg.gas = wire::number(body, 98, 8);
    msg.block_number = wire::number(body, 106, 8);
    msg.timestamp = wire::number(body, 114, 8);
    const auto index = static_cast<std::size_t>(wire::number(body, 122, 4));
    try {
      Bytes output;
      for (const Bytes& word : methods.at(index).second(Arguments(body.substr(130)))) {
        output += padded(word);
      }
      wire::send("R" + wire::number(0, 1) + wire::text(output));
    } catch (const Refused& refusal) {
      wire::send("R" + wire::number(1, 1) + wire::text(refusal.what()));
    } catch (const std::exception& error) {
      wire::send("R" + wire::number(2, 1) + wire::text(error.what()));
    }
  }
}

}  // namespace contract
