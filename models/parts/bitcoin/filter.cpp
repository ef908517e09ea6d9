#include "models/parts/bitcoin/filter.hpp"

#include <algorithm>

#include "models/base/int128.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/siphash.hpp"
#include "models/parts/bitcoin/script.hpp"

namespace ledgerlab::bitcoin {
namespace {

// BIP 158, "basic filter type".
constexpr unsigned rice_bits = 19;
constexpr std::uint64_t inverse_rate = 784'931;

class BitWriter {
 public:
  explicit BitWriter(Bytes& out) : out_(out) {}
  void put(bool bit) {
    if (free_ == 0) {
      out_.push_back(0);
      free_ = 8;
    }
    --free_;
    if (bit) out_.back() = static_cast<Byte>(out_.back() | 1u << free_);
  }

 private:
  Bytes& out_;
  unsigned free_ = 0;
};

class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {}
  bool ok() const { return position_ <= bytes_.size() * 8; }
  bool next() {
    const std::size_t at = position_++;
    return at < bytes_.size() * 8 && (bytes_[at / 8] >> (7 - at % 8) & 1) != 0;
  }

 private:
  ByteView bytes_;
  std::size_t position_ = 0;
};

SipKey key_of(const Hash256& block_hash) {
  const auto word = [&](std::size_t from) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;) value = value << 8 | block_hash.data[from + i];
    return value;
  };
  return {word(0), word(8)};
}

std::vector<std::uint64_t> hashed(const Hash256& block_hash, std::span<const Bytes> elements,
                                  std::uint64_t count) {
  std::vector<std::uint64_t> values;
  const SipKey key = key_of(block_hash);
  const std::uint64_t range = count * inverse_rate;
  for (const Bytes& element : elements) {
    values.push_back(static_cast<std::uint64_t>(Uint128{siphash24(key, element)} * range >> 64));
  }
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

std::vector<Bytes> filter_elements(const Block& block, std::span<const Bytes> spent_scripts) {
  std::vector<Bytes> elements;
  for (const Transaction& tx : block.transactions) {
    for (const TxOut& output : tx.outputs) {
      const Bytes& script = output.script_pubkey;
      if (!script.empty() && script[0] != op_return) elements.push_back(script);
    }
  }
  for (const Bytes& script : spent_scripts) {
    if (!script.empty()) elements.push_back(script);
  }
  return elements;
}

Bytes build_filter(const Hash256& block_hash, std::vector<Bytes> elements) {
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  Bytes out;
  put_compact(out, elements.size());
  BitWriter bits(out);
  std::uint64_t last = 0;
  for (const std::uint64_t value : hashed(block_hash, elements, elements.size())) {
    const std::uint64_t delta = value - last;
    last = value;
    for (std::uint64_t i = 0; i < delta >> rice_bits; ++i) bits.put(true);
    bits.put(false);
    for (unsigned i = rice_bits; i-- > 0;) bits.put((delta >> i & 1) != 0);
  }
  return out;
}

std::optional<bool> filter_matches(const Hash256& block_hash, ByteView filter,
                                   std::span<const Bytes> queries) {
  Reader in(filter);
  const std::uint64_t count = in.compact();
  if (!in.ok() || count >> 32 != 0) return std::nullopt;
  const std::vector<std::uint64_t> wanted = hashed(block_hash, queries, count);
  BitReader bits(filter.last(in.left()));
  auto next = wanted.begin();
  std::uint64_t value = 0;
  bool found = false;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t delta = 0;
    while (bits.next()) ++delta;
    for (unsigned k = 0; k < rice_bits; ++k) delta = delta << 1 | (bits.next() ? 1 : 0);
    if (!bits.ok()) return std::nullopt;
    value += delta;
    while (next != wanted.end() && *next < value) ++next;
    found = found || (next != wanted.end() && *next == value);
  }
  return found;
}

Hash256 filter_header(ByteView filter, const Hash256& previous) {
  Bytes both = to_bytes(sha256d(filter).view());
  put_bytes(both, previous.view());
  return sha256d(both);
}

}  // namespace ledgerlab::bitcoin
